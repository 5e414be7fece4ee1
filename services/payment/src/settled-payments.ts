import type { Payment } from './sql/payments.ts'

/**
 * Tells requests that wait in this process that their payment has settled. Where another instance applies the reply nobody
 * is told, so a waiter also asks the database from time to time.
 */
export class SettledPayments {
  readonly #waiters = new Map<string, Set<(payment: Payment) => void>>()

  /** Wakes all requests that wait for this payment. */
  settled(payment: Payment): void {
    for (const wake of this.#waiters.get(payment.paymentId) ?? []) wake(payment)
  }

  /** Resolves with the payment when it has settled, or with undefined after `ms`. */
  async wait(paymentId: string, ms: number): Promise<Payment | undefined> {
    let timer: NodeJS.Timeout | undefined
    let wake: (payment: Payment) => void = () => undefined
    const waiters = this.#waiters.get(paymentId) ?? new Set()
    this.#waiters.set(paymentId, waiters)
    const settled = await new Promise<Payment | undefined>((resolve) => {
      wake = resolve
      waiters.add(wake)
      timer = setTimeout(() => resolve(undefined), ms)
    })
    clearTimeout(timer)
    waiters.delete(wake)
    if (waiters.size === 0) this.#waiters.delete(paymentId)
    return settled
  }
}
