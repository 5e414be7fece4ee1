import type { PublishedAdmission } from './answers.ts'

/** An admission as the rules need it: with times as numbers and without the hash, which saves memory. */
export interface Admission {
  readonly number: number
  readonly sequence: number
  readonly enteredAtMs: number
  readonly admittedAtMs: number
  readonly active: number
  readonly maxActive: number | null
  readonly admitPerSecond: number
}

/** Converts an entry of the log. */
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
