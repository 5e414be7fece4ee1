/** The codes that the camera saw lately, and when each was last seen, in milliseconds of a clock that never jumps. */
export type Seen = ReadonlyMap<string, number>

/** Before anything was seen. */
export const sawNothing: Seen = new Map()

/** How long a ticket must be out of sight to be taken for another try. */
const GONE_AFTER_MS = 2_000

/**
 * What is seen now: a ticket that is held still is new once, also where a picture between was too blurred to read, and where another ticket
 * lies beside it and the reader finds now the one and now the other.
 */
export function seeCode(
  before: Seen,
  code: string | undefined,
  nowMs: number,
): { isNew: boolean; seen: Seen } {
  const seen = new Map([...before].filter(([, atMs]) => nowMs - atMs <= GONE_AFTER_MS))
  if (code === undefined || code === '') return { isNew: false, seen }
  const isNew = !seen.has(code)
  return { isNew, seen: seen.set(code, nowMs) }
}
