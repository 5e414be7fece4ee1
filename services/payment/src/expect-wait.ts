/** What one process sees of the payments of one method. All times are in ms. */
export interface IntakeFacts {
  /** Payments that were let in and have not settled, and the age of the oldest of them. */
  unsettled: number
  oldestMs: number
  /** Steps of sagas that ended within the last seconds, by the second, and how long before that half of their payments began at least. */
  stepsPerSecond: number
  medianMs: number
}

/** Taking the money, and confirming the reservation. */
export const STEPS_OF_A_PAYMENT = 2

// Fewer say nothing: a payment whose reply was lost goes on after its resend, and may be the only one of its second.
const STEPS_MIN = 5

/**
 * Expects how long a payment that comes now would take, in ms: as many seconds as there are seconds' worth of payments before it. Returns 0
 * where nothing shows that payments wait for each other:
 *
 * - No step ends. That is an outage, or nobody pays; payments are taken then, and end when it is over.
 * - Steps end soon after their payment began. Then a saga that is stuck is stuck alone, and many at once are a burst that is
 *   being worked off.
 * - What was let in here is young. Then what ends late is left over from an outage.
 *
 * Steps are looked at, and not only the last of each payment: where all are waiting for their money, none settles. `limitMs` is what is
 * taken for too long; waits below a quarter of it are short. Pure.
 */
export function expectWait(facts: IntakeFacts, limitMs: number): number {
  const { unsettled, oldestMs, stepsPerSecond, medianMs } = facts
  if (stepsPerSecond < STEPS_MIN || Math.min(oldestMs, medianMs) < limitMs / 4) return 0
  return (unsettled / (stepsPerSecond / STEPS_OF_A_PAYMENT)) * 1_000
}
