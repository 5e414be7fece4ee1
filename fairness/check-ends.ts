import type { Admission } from './admissions.ts'
import type { End, EndKind } from './ends.ts'
import { Findings } from './findings.ts'
import type { Check } from './findings.ts'

const KINDS: readonly EndKind[] = ['NO_SHOW', 'TIME_UP']

/** So often the allowance of a kind may change in one log: twice to another one and back. */
const CHANGES_MAX = 4

/** So long, by the times of admission, a replaced allowance may still be given: instances are restarted one after the other. */
const OVERLAP_MS = 300_000

/** Rule 7: who lost a place by a limit of time was in, lost it once, and not before that time was over. */
export function checkEnds(admissions: readonly Admission[], ends: readonly End[]): Check[] {
  return [checkEndsOfAdmissions(admissions, ends), checkNoEarlyEnd(ends)]
}

function checkEndsOfAdmissions(admissions: readonly Admission[], ends: readonly End[]): Check {
  const findings = new Findings()
  const admitted = firstOfSequences(admissions)
  const ended = firstOfSequences(ends)
  for (const end of ends) {
    const { number, sequence } = end
    const admission = admitted.get(sequence)
    if (admission === undefined || admission.number >= number) {
      findings.add(() => `end ${number}: sequence ${sequence} was not admitted before it`)
    } else if (admission.admittedAtMs !== end.admittedAtMs) {
      findings.add(() => describeOtherAdmission(end, admission))
    }
    const first = ended.get(sequence)
    if (first !== undefined && first !== end) {
      findings.add(() => `end ${number}: sequence ${sequence} was ended as number ${first.number} already`)
    }
  }
  return findings.toCheck('every end is the only one of an admission before it', endsSeen(ends))
}

function checkNoEarlyEnd(ends: readonly End[]): Check {
  const findings = new Findings()
  for (const { number, kind, sequence, admittedAtMs, endedAtMs, allowedMs } of ends) {
    const earlyMs = admittedAtMs + allowedMs - endedAtMs
    if (earlyMs > 0) {
      findings.add(() => `end ${number}: ${kind} of sequence ${sequence} came ${milliseconds(earlyMs)} early`)
    }
  }
  return findings.toCheck('no end came early', endsSeen(ends))
}

/**
 * Rule 8: nobody was given less time than others. An allowance that changes seldom was changed by a setting for everybody; one
 * that goes to and fro, or is another each time, was chosen for single people.
 */
export function checkAllowances(ends: readonly End[]): Check {
  const findings = new Findings()
  const seen: string[] = []
  for (const kind of KINDS) {
    const ofKind = ends.filter((end) => end.kind === kind)
    const inForce = firstOfAllowances(ofKind)
    for (const [change, { number, allowedMs }] of inForce.entries()) {
      if (change <= CHANGES_MAX) continue
      findings.add(
        () => `end ${number}: ${milliseconds(allowedMs)} for ${kind} is change ${change} of its allowance`,
      )
    }
    const allowances = inForce.map(({ allowedMs }) => milliseconds(allowedMs)).join(', then ')
    seen.push(ofKind.length === 0 ? `no ${kind}` : `${counted(ofKind.length)} ${kind} after ${allowances}`)
  }
  return findings.toCheck('everybody was allowed the same time', seen.join('; '))
}

/** The first end of each time that an allowance was in force, in the order of their admissions. */
function firstOfAllowances(ends: readonly End[]): End[] {
  const firsts: End[] = []
  const replacedAtMs = new Map<number, number>()
  for (const end of ends.toSorted((a, b) => a.admittedAtMs - b.admittedAtMs || a.number - b.number)) {
    const { allowedMs, admittedAtMs } = end
    const inForce = firsts.at(-1)?.allowedMs
    const goodUntilMs = (replacedAtMs.get(allowedMs) ?? -Infinity) + OVERLAP_MS
    if (allowedMs === inForce || admittedAtMs <= goodUntilMs) continue
    if (inForce !== undefined) replacedAtMs.set(inForce, admittedAtMs)
    firsts.push(end)
  }
  return firsts
}

function firstOfSequences<Entry extends Admission | End>(entries: readonly Entry[]): Map<number, Entry> {
  const firsts = new Map<number, Entry>()
  for (const entry of entries) {
    if (!firsts.has(entry.sequence)) firsts.set(entry.sequence, entry)
  }
  return firsts
}

function describeOtherAdmission({ number, sequence, admittedAtMs }: End, admission: Admission): string {
  return (
    `end ${number}: sequence ${sequence} was admitted at ${time(admission.admittedAtMs)} ` +
    `(number ${admission.number}), not at ${time(admittedAtMs)}`
  )
}

const endsSeen = (ends: readonly End[]): string =>
  `${counted(ends.length)} ${ends.length === 1 ? 'end' : 'ends'}`
const milliseconds = (ms: number): string => `${counted(ms)} ms`
const time = (ms: number): string => new Date(ms).toISOString()
const counted = (value: number): string => value.toLocaleString('en')
