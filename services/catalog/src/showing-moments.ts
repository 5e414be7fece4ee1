// What comes back at a moment is free from then on by the clock of PostgreSQL, which this one may be a little ahead of.
const AFTER_MS = 25

/**
 * How long it is to the next moment at which seats are read anew. These are the same for all instances, `everyMs` apart on the clock, so that what
 * changes in between is shown to everybody at once, whichever instance they ask and however often.
 */
export function msToNextMoment(everyMs: number, nowMs: number): number {
  return everyMs - ((nowMs - AFTER_MS) % everyMs)
}
