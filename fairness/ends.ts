import type { PublishedEnd } from './answers.ts'

/** How a limit of time ends a place: its owner did not show up, or was in for as long as anybody may be. */
export type EndKind = PublishedEnd['kind']

/** An end as the rules need it: with times as numbers and without the hash, which saves memory. */
export interface End {
  readonly kind: EndKind
  readonly number: number
  readonly sequence: number
  readonly admittedAtMs: number
  readonly endedAtMs: number
  /** How long after its admission the place was allowed to last. */
  readonly allowedMs: number
}

/** Converts an entry of the log. */
export function toEnd({ kind, number, sequence, admittedAt, endedAt, allowedMs }: PublishedEnd): End {
  return {
    kind,
    number,
    sequence,
    admittedAtMs: Date.parse(admittedAt),
    endedAtMs: Date.parse(endedAt),
    allowedMs,
  }
}
