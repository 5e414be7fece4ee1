import type { Admission } from './admissions.ts'
import { Findings } from './findings.ts'
import type { Check } from './findings.ts'

const WINDOW_MS = 1_000

/** Rule 5, and what `active` says of itself: the one let in is among them. */
export function checkActive(admissions: readonly Admission[]): Check {
  const findings = new Findings()
  let limited = 0
  for (const { number, active, maxActive } of admissions) {
    if (active < 1) findings.add(() => `admission ${number}: active is ${active}, without the one let in`)
    if (maxActive === null) continue
    limited += 1
    if (active > maxActive) {
      findings.add(() => `admission ${number}: ${active} were in where ${maxActive} were allowed`)
    }
  }
  return findings.toCheck('never more in than maxActive', `${counted(limited)} admissions with a limit`)
}

/**
 * Rule 6. In the order of their times, not of their numbers: else a row put out of its time would hide from the second
 * that it belongs to. Of those in the same millisecond the ones up to the admission's own number count; the last of
 * them sees all.
 */
export function checkPace(admissions: readonly Admission[]): Check {
  const findings = new Findings()
  const byTime = admissions.toSorted((a, b) => a.admittedAtMs - b.admittedAtMs || a.number - b.number)
  let limited = 0
  let oldest = 0
  for (const [index, admission] of byTime.entries()) {
    while (isBeforeWindow(byTime[oldest], admission)) oldest += 1
    if (admission.maxActive === null) continue
    limited += 1
    const inWindow = index - oldest + 1
    if (inWindow > admission.admitPerSecond) findings.add(() => describePace(admission, inWindow))
  }
  return findings.toCheck('never faster than admitPerSecond', `${counted(limited)} admissions with a limit`)
}

function isBeforeWindow(other: Admission | undefined, admission: Admission): boolean {
  return other !== undefined && other.admittedAtMs <= admission.admittedAtMs - WINDOW_MS
}

function describePace({ number, admittedAtMs, admitPerSecond }: Admission, inWindow: number): string {
  const time = new Date(admittedAtMs).toISOString()
  return `admission ${number}: ${inWindow} in the second up to ${time} where ${admitPerSecond} were allowed`
}

const counted = (value: number): string => value.toLocaleString('en')
