import { FailureLog } from '@frontrow/failure-log/failure-log'
import { Batcher } from '@frontrow/service-host/batcher'
import type { Logger } from '@frontrow/service-host/logger'
import type { Payment } from './sql/payments.ts'

/** What the waiters need of the service. */
export interface SettledPaymentsOptions {
  logger: Logger
  /** Reads those of these payments that have settled. */
  find: (paymentIds: readonly string[]) => Promise<Payment[]>
  /** Called for each payment that settles in this process, waited for or not. */
  onSettled: (payment: Payment) => void
  /** Called once for a payment that is waited for here and that another instance has settled. */
  onFound: (payment: Payment) => void
}

interface Waiter {
  sinceMs: number
  end: (payment: Payment | undefined) => void
}

// A saga in health settles within 100 ms, so the database is asked only about those that were not heard of for long.
const LOOK_EVERY_MS = 1_250
const LOOK_AFTER_MS = 1_000
const LOOK_SHARED_MAX = 1_000
const LAST_LOOK_MAX_MS = 1_000

/**
 * Tells requests that wait in this process that their payment has settled. Another instance may apply the last reply, and tells
 * nobody here; so those who have waited for a second share a look at the database every 1.25 s, and each looks when its wait ends.
 */
export class SettledPayments {
  readonly #options: SettledPaymentsOptions
  readonly #failures: FailureLog
  readonly #waiters = new Map<string, Set<Waiter>>()
  readonly #looks: Batcher<'all', string, Payment | undefined>
  #timer: NodeJS.Timeout | undefined
  #isLookingAtAll = false

  constructor(options: SettledPaymentsOptions) {
    this.#options = options
    this.#failures = new FailureLog(options.logger, 'payments that are waited for could not be looked at')
    this.#looks = new Batcher({
      batchMax: LOOK_SHARED_MAX,
      atOnceMax: 1,
      waitMaxMs: 3_000,
      send: async (_all, paymentIds) => {
        const found = new Map((await options.find(paymentIds)).map((payment) => [payment.paymentId, payment]))
        return paymentIds.map((paymentId) => found.get(paymentId))
      },
    })
  }

  /** To be called after the commit that settled the payment. */
  settled(payment: Payment): void {
    this.#options.onSettled(payment)
    this.#end(payment.paymentId, payment)
  }

  /**
   * Resolves with the payment when it has settled, or with undefined after `ms`. Whoever waits from before the payment begins
   * misses nothing; for one that may have settled already, call `look` as well.
   */
  wait(paymentId: string, ms: number): Promise<Payment | undefined> {
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(paymentId) ?? new Set()
      this.#waiters.set(paymentId, waiters)
      const timer = setTimeout(() => this.#lookLast(paymentId, waiter), ms)
      const waiter = {
        sinceMs: performance.now(),
        end: (payment: Payment | undefined) => {
          clearTimeout(timer)
          waiters.delete(waiter)
          if (waiters.size === 0 && this.#waiters.get(paymentId) === waiters) this.#waiters.delete(paymentId)
          resolve(payment)
        },
      }
      waiters.add(waiter)
      if (this.#timer === undefined) this.#timer = setTimeout(() => this.#lookAtAll(), LOOK_EVERY_MS)
    })
  }

  /** Ends the waits for a payment that did not begin. */
  forget(paymentId: string): void {
    this.#end(paymentId, undefined)
  }

  /** Asks the database about one payment, and ends the waits for it where it has settled. */
  async look(paymentId: string): Promise<void> {
    try {
      const payment = await this.#looks.add('all', paymentId)
      this.#failures.succeeded()
      if (payment === undefined || !this.#waiters.has(paymentId)) return
      this.#options.onFound(payment)
      this.#end(paymentId, payment)
    } catch (error) {
      // The payment goes on all the same, and so does the wait.
      this.#failures.failed(error)
    }
  }

  #end(paymentId: string, payment: Payment | undefined): void {
    for (const waiter of this.#waiters.get(paymentId) ?? []) waiter.end(payment)
  }

  #lookLast(paymentId: string, waiter: Waiter): void {
    const timer = setTimeout(() => waiter.end(undefined), LAST_LOOK_MAX_MS)
    void this.look(paymentId).then(() => {
      clearTimeout(timer)
      waiter.end(undefined)
    })
  }

  #lookAtAll(): void {
    this.#timer = this.#waiters.size === 0 ? undefined : setTimeout(() => this.#lookAtAll(), LOOK_EVERY_MS)
    // While the database hangs, more looks would only wait behind the last ones.
    if (this.#isLookingAtAll) return
    const since = performance.now() - LOOK_AFTER_MS
    const long = [...this.#waiters].filter(([, waiters]) =>
      [...waiters].some(({ sinceMs }) => sinceMs <= since),
    )
    this.#isLookingAtAll = true
    void Promise.all(long.map(([paymentId]) => this.look(paymentId))).then(() => {
      this.#isLookingAtAll = false
    })
  }
}
