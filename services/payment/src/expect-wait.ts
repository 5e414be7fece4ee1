/** What one process sees of the payments of one method. All times are in ms. */
export interface IntakeFacts {
  /** Requests that were let in and have no answer yet, and the age of the oldest of them. */
  unanswered: number
  oldestMs: number
  /** Payments that settled within the last second, and how long half of them took at least, from their begin. */
  settledPerSecond: number
  medianMs: number
}

// Fewer say nothing: a payment whose reply was lost settles after its resend, and may be the only one of its second.
const SETTLED_MIN = 5

/**
 * Expects how long a payment that comes now would take, in ms: as many seconds as there are seconds' worth of payments before it. Returns 0
 * where nothing shows that payments wait for each other:
 *
 * - Nothing settles. That is an outage, or nobody pays; payments are taken then, and end when it is over.
 * - What settles is quick. Then a saga that is stuck is stuck alone, and many at once are a burst that is being worked off.
 * - Nobody here has waited for long. Then what settles slowly is left over from an outage.
 *
 * `limitMs` is what is taken for too long; waits below a quarter of it are quick. Pure.
 */
export function expectWait(facts: IntakeFacts, limitMs: number): number {
  const { unanswered, oldestMs, settledPerSecond, medianMs } = facts
  if (settledPerSecond < SETTLED_MIN || Math.min(oldestMs, medianMs) < limitMs / 4) return 0
  return (unanswered / settledPerSecond) * 1_000
}
