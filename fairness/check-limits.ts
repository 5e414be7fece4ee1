import type { Admission } from './admissions.ts'
import { Findings } from './findings.ts'
import type { Check } from './findings.ts'

const WINDOW_MS = 1_000

/** Rule 5: `active` is never above `maxActive`, and at least 1, because it includes the person who is let in. */
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
 * Rule 6: never more than `admitPerSecond` in one second. Admissions are taken in the order of their times and not of their
 * numbers, because a row with a wrong number could otherwise hide from the second that it belongs to. Within one
 * millisecond an admission counts those up to its own number, so the last one counts all.
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
