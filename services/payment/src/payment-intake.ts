import { refuse } from '@frontrow/proto/refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import { STEPS_OF_A_PAYMENT, expectWait } from './expect-wait.ts'

// Steps end in bursts, since messages are handled in batches; a busy machine may make them seconds apart.
const WINDOW_MS = 3_000
const SPAN_MIN_MS = 1_000
// How old half of the payments were is worked out this often at most.
const MEDIAN_EVERY_MS = 100
// The newest steps show soonest that payments wait.
const MEDIAN_OF_MS = 500
const NEWEST_MIN = 5
// So many say as much as more would; it bounds what is kept.
const KEPT_MAX = 2_000
// Payments whose owners were waited for; it bounds what is kept.
const OWNERS_MAX = 10_000
const RETRY_AFTER_MAX_S = 5
// A payment that has not settled by then is stuck, or was settled by another instance.
const UNSETTLED_MAX_MS = 30_000

/**
 * Lets payments of one method in while they can be answered in time. How many that is follows from how long what was let in has waited
 * and from how fast the steps of sagas end, both as this process sees it; it costs no statement. It is right as far as requests and
 * partitions are spread over the instances alike: one that applies fewer replies than its share takes payments for slower than they are,
 * and one that applies none knows only what the looks at payments that are waited for find. The clock is monotonic, in ms.
 */
export class PaymentIntake {
  readonly #limitMs: number
  readonly #providerMs: () => number
  readonly #now: () => number
  /** What was let in and has not settled, the oldest first. */
  readonly #unsettled = new Set<{ sinceMs: number }>()
  /** Those of them whose request was answered with 202. */
  readonly #pending = new Map<string, { sinceMs: number }>()
  readonly #waitedForOwner = new Set<string>()
  /** When steps ended, and how long before that their payment began. */
  #ended: { atMs: number; ageMs: number }[] = []
  #medianMs = 0
  #medianAtMs = -Infinity

  /** `providerMs` expects how long a payment that comes now takes at its provider, where it has one that others wait for, too. */
  constructor(
    limitMs: number,
    now: () => number = () => performance.now(),
    providerMs: () => number = () => 0,
  ) {
    this.#limitMs = limitMs
    this.#providerMs = providerMs
    this.#now = now
  }

  /** The refusal of a payment that comes now, or null where it can be taken. */
  refusal(): Refusal | null {
    const waitMs = this.#expectedMs()
    if (waitMs <= this.#limitMs) return null
    const seconds = Math.min(RETRY_AFTER_MAX_S, Math.ceil(waitMs / 1_000))
    return refuse(
      'UNAVAILABLE',
      `payments are taken more slowly than they come, try again in ${seconds} s; nothing was taken`,
      { retryAfterSeconds: seconds },
    )
  }

  /** How long a payment that comes now is expected to take, in whole seconds. */
  expectedSeconds(): number {
    return Math.max(1, Math.ceil(this.#expectedMs() / 1_000))
  }

  /** Lets a request in. Call what it returns when the request is answered, with the payment's id where that is still PENDING. */
  enter(): (pendingId?: string) => void {
    const entry = { sinceMs: this.#now() }
    this.#unsettled.add(entry)
    return (pendingId) => {
      // A repeat waits for a payment that is counted already.
      if (pendingId === undefined || this.#pending.has(pendingId)) this.#unsettled.delete(entry)
      else this.#pending.set(pendingId, entry)
    }
  }

  /** Notes that a payment has settled whose request may have been answered before. */
  settled(paymentId: string): void {
    const entry = this.#pending.get(paymentId)
    if (entry !== undefined) this.#unsettled.delete(entry)
    this.#pending.delete(paymentId)
  }

  /** Notes that a payment waits, or has waited, for the owner of its card: its age says nothing of how fast payments are taken. */
  waitsForOwner(paymentId: string): void {
    this.#waitedForOwner.add(paymentId)
    const [oldest] = this.#waitedForOwner
    if (this.#waitedForOwner.size > OWNERS_MAX && oldest !== undefined) this.#waitedForOwner.delete(oldest)
  }

  /** Whether this process knows of a payment that it waited for the owner of its card. */
  hasWaitedForOwner(paymentId: string): boolean {
    return this.#waitedForOwner.has(paymentId)
  }

  /** Notes that a step of a payment has ended now, `ageMs` after the payment began. */
  stepEnded(ageMs: number): void {
    this.#ended.push({ atMs: this.#now(), ageMs })
    if (this.#ended.length > KEPT_MAX) this.#ended.splice(0, KEPT_MAX / 2)
  }

  /** Notes that a payment has ended and none of its steps was noted: it ended at the first, or they ended elsewhere. */
  allStepsEnded(ageMs: number): void {
    for (let step = 0; step < STEPS_OF_A_PAYMENT; step += 1) this.stepEnded(ageMs)
  }

  #expectedMs(): number {
    return Math.max(this.#expectedHereMs(), this.#providerMs())
  }

  #expectedHereMs(): number {
    const nowMs = this.#now()
    this.#forgetBefore(nowMs - UNSETTLED_MAX_MS)
    const [oldest] = this.#unsettled
    if (oldest === undefined) return 0
    const stale = this.#ended.findIndex(({ atMs }) => atMs > nowMs - WINDOW_MS)
    this.#ended.splice(0, stale < 0 ? this.#ended.length : stale)
    const [first] = this.#ended
    const spanMs = Math.max(SPAN_MIN_MS, nowMs - (first?.atMs ?? nowMs))
    const facts = {
      unsettled: this.#unsettled.size,
      oldestMs: nowMs - oldest.sinceMs,
      stepsPerSecond: (this.#ended.length / spanMs) * 1_000,
      medianMs: this.#median(nowMs),
    }
    return expectWait(facts, this.#limitMs)
  }

  #endedSince(ms: number): number {
    const before = this.#ended.findLastIndex(({ atMs }) => atMs < ms)
    return this.#ended.length - 1 - before
  }

  #forgetBefore(ms: number): void {
    for (const entry of this.#unsettled) {
      if (entry.sinceMs >= ms) break
      this.#unsettled.delete(entry)
    }
    for (const [paymentId, { sinceMs }] of this.#pending) {
      if (sinceMs >= ms) break
      this.#pending.delete(paymentId)
    }
  }

  #median(nowMs: number): number {
    if (nowMs - this.#medianAtMs >= MEDIAN_EVERY_MS) {
      const newest = this.#ended.slice(-Math.max(NEWEST_MIN, this.#endedSince(nowMs - MEDIAN_OF_MS)))
      const sorted = newest.map(({ ageMs }) => ageMs).toSorted((a, b) => a - b)
      this.#medianMs = sorted[Math.floor(sorted.length / 2)] ?? 0
      this.#medianAtMs = nowMs
    }
    return this.#medianMs
  }
}
