/**
 * Tells requests that wait in this process that their payment's saga has moved. Another instance may apply the reply, so
 * a waiter also looks at the database now and then; this only makes the usual case prompt.
 */
export class SettledPayments {
  readonly #waiters = new Map<string, Set<() => void>>()

  notify(paymentId: string): void {
    for (const wake of this.#waiters.get(paymentId) ?? []) wake()
  }

  /** Resolves when the payment moved, or after `ms`. */
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
