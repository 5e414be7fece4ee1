/**
 * Tells requests that wait in this process that their payment's saga has moved. Where another instance applies the reply
 * nobody is told, so a waiter also asks the database from time to time.
 */
export class SettledPayments {
  readonly #waiters = new Map<string, Set<() => void>>()

  /** Wakes all requests that wait for this payment. */
  notify(paymentId: string): void {
    for (const wake of this.#waiters.get(paymentId) ?? []) wake()
  }

  /** Resolves when the payment's saga has moved, or after `ms`. */
  async wait(paymentId: string, ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    let wake: () => void = () => undefined
    const waiters = this.#waiters.get(paymentId) ?? new Set()
    this.#waiters.set(paymentId, waiters)
    await new Promise<void>((resolve) => {
      wake = resolve
      waiters.add(wake)
      timer = setTimeout(resolve, ms)
    })
    clearTimeout(timer)
    waiters.delete(wake)
    if (waiters.size === 0) this.#waiters.delete(paymentId)
  }
}
