import { ApiError } from '@frontrow/client/errors'
import type { Say } from '../../words.ts'

/** Rules as the API words them, in English, and how they are told; what is between the brackets is told too. */
const rules = [
  [/^must be a name of the IANA time zone database/, 'timeZone'],
  [/^must be in the future$/, 'future'],
  [/^must be in the years 2000 to 2999/, 'years'],
  [/^must be after bookingOpenAt$/, 'afterOpening'],
  [/^must not be after bookingOpenAt$/, 'notAfterOpening'],
  [/^must not be after performanceAt$/, 'notAfterShow'],
  [/^grade (?<grade>.+) must have one price in all sections$/, 'onePrice'],
  [/^must have (?<min>\d+) to (?<max>\d+) seats in all, and has (?<has>\d+)$/, 'seatCount'],
  [/^must be at most (?<max>\d+)$/, 'atMost'],
  [/^must be an https URL$/, 'https'],
  [/^must be an address of the public internet$/, 'publicAddress'],
] as const

/** What INVALID_REQUEST says of the fields of the body, by their paths and in the person's language; nothing for any other failure. */
export function fieldProblems(error: unknown, t: Say): Record<string, string> {
  if (!(error instanceof ApiError) || error.code !== 'INVALID_REQUEST' || !Array.isArray(error.details))
    return {}
  const problems: Record<string, string> = {}
  for (const detail of error.details) {
    if (typeof detail !== 'object' || detail === null) continue
    const { field, rule } = Object.fromEntries(Object.entries(detail))
    if (typeof field === 'string' && typeof rule === 'string') problems[field] ??= tellRule(rule, t)
  }
  return problems
}

/** A rule that a newer API has and we don't is told in its own words. */
function tellRule(rule: string, t: Say): string {
  for (const [pattern, name] of rules) {
    const found = pattern.exec(rule)
    if (found !== null) return t(`rule.${name}`, found.groups)
  }
  return t('rule.other', { rule })
}
