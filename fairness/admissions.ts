import type { PublishedAdmission } from './answers.ts'

/** What the rules look at in an admission: times as numbers, without the hash. */
export interface Admission {
  readonly number: number
  readonly sequence: number
  readonly enteredAtMs: number
  readonly admittedAtMs: number
  readonly active: number
  readonly maxActive: number | null
  readonly admitPerSecond: number
}

/** A row of the log as the rules take it. */
export function toAdmission(published: PublishedAdmission): Admission {
  const { number, sequence, active, maxActive, admitPerSecond } = published
  return {
    number,
    sequence,
    enteredAtMs: Date.parse(published.enteredAt),
    admittedAtMs: Date.parse(published.admittedAt),
    active,
    maxActive,
    admitPerSecond,
  }
}
