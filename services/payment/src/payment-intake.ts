import { refuse } from '@frontrow/proto/refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import { STEPS_OF_A_PAYMENT, expectWait } from './expect-wait.ts'

const WINDOW_MS = 1_000
// How old half of the payments were is worked out this often at most.
const MEDIAN_EVERY_MS = 100
// So many say as much as more would; it bounds what is kept.
const KEPT_MAX = 2_000
const RETRY_AFTER_MAX_S = 5

/**
 * Lets payments of one method in while they can be answered in time. How many that is follows from how long what was let in has waited
 * and from how fast the steps of sagas end, both as this process sees it; it costs no statement. The clock is monotonic, in ms.
 */
export class PaymentIntake {
  readonly #limitMs: number
  readonly #now: () => number
  /** When each request that has no answer yet was let in, the oldest first. */
  readonly #unanswered = new Set<{ sinceMs: number }>()
  /** When steps ended, and how long before that their payment began. */
  #ended: { atMs: number; ageMs: number }[] = []
  #medianMs = 0
  #medianAtMs = -Infinity

  constructor(limitMs: number, now: () => number = () => performance.now()) {
    this.#limitMs = limitMs
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

  /** Lets a request in. Call what it returns when the request is answered. */
  enter(): () => void {
    const entry = { sinceMs: this.#now() }
    this.#unanswered.add(entry)
    return () => {
      this.#unanswered.delete(entry)
    }
  }

  /** Notes that a step of a payment has ended now, `ageMs` after the payment began. */
  stepEnded(ageMs: number): void {
    this.#ended.push({ atMs: this.#now(), ageMs })
    if (this.#ended.length > KEPT_MAX) this.#ended.splice(0, KEPT_MAX / 2)
  }

  /** Notes that a payment has ended at its first step, and is spared the others. */
  endedEarly(ageMs: number): void {
    for (let step = 0; step < STEPS_OF_A_PAYMENT; step += 1) this.stepEnded(ageMs)
  }

  #expectedMs(): number {
    const nowMs = this.#now()
    const [oldest] = this.#unanswered
    if (oldest === undefined) return 0
    const stale = this.#ended.findIndex(({ atMs }) => atMs > nowMs - WINDOW_MS)
    this.#ended.splice(0, stale < 0 ? this.#ended.length : stale)
    const facts = {
      unanswered: this.#unanswered.size,
      oldestMs: nowMs - oldest.sinceMs,
      stepsPerSecond: this.#ended.length / (WINDOW_MS / 1_000),
      medianMs: this.#median(nowMs),
    }
    return expectWait(facts, this.#limitMs)
  }

  #median(nowMs: number): number {
    if (nowMs - this.#medianAtMs >= MEDIAN_EVERY_MS) {
      const sorted = this.#ended.map(({ ageMs }) => ageMs).toSorted((a, b) => a - b)
      this.#medianMs = sorted[Math.floor(sorted.length / 2)] ?? 0
      this.#medianAtMs = nowMs
    }
    return this.#medianMs
  }
}
