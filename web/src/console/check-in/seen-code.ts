/** The code that the camera saw last, and when, in milliseconds of a clock that never jumps. */
export interface Seen {
  code: string | undefined
  atMs: number
}

/** Before anything was seen. */
export const sawNothing: Seen = { code: undefined, atMs: 0 }

/** How long a ticket must be out of sight to be taken for another try. */
const GONE_AFTER_MS = 2_000

/** What is seen now: a ticket that is held still is new once, also where a picture between was too blurred to read. */
export function seeCode(
  before: Seen,
  code: string | undefined,
  nowMs: number,
): { isNew: boolean; seen: Seen } {
  if (code === undefined || code === '') return { isNew: false, seen: before }
  const isNew = code !== before.code || nowMs - before.atMs > GONE_AFTER_MS
  return { isNew, seen: { code, atMs: nowMs } }
}
