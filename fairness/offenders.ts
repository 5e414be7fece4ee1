import type { Check } from './findings.ts'

/** For tests: the admissions and ends that a check names. */
export function offendersOf({ outcome, lines }: Check): number[] {
  if (outcome !== 'broken') return []
  return lines.flatMap((line) => {
    const match = /^(?:admission|end) (\d+):/.exec(line)
    return match === null ? [] : [Number(match[1])]
  })
}
