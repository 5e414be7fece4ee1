/**
 * Wakes requests that wait in this process for the end of a job. Another instance that ends one tells nobody here, so each wait is short and its
 * request looks again.
 */
export class JobEnds {
  readonly #waiting = new Map<string, Set<() => void>>()
  readonly #max: number
  #count = 0
  #isClosed = false

  /** Of more than `max` waits at once, each is over at once. */
  constructor(max: number) {
    this.#max = max
  }

  /** Waits that go on now. */
  get count(): number {
    return this.#count
  }

  /** Whether there is no waiting here: too many wait, or the process stops. */
  get isFull(): boolean {
    return this.#isClosed || this.#count >= this.#max
  }

  /** To be called after the commit that ended the job. */
  ended(jobId: string): void {
    for (const wake of this.#waiting.get(jobId) ?? []) wake()
  }

  /** Resolves when the job ends here, after `ms`, or when the signal is aborted. */
  async next(jobId: string, ms: number, left: AbortSignal): Promise<void> {
    if (this.isFull || left.aborted) return
    const waiters = this.#waiting.get(jobId) ?? new Set()
    this.#waiting.set(jobId, waiters)
    this.#count += 1
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    waiters.add(resolve)
    const leave = (): void => resolve()
    left.addEventListener('abort', leave)
    await promise
    left.removeEventListener('abort', leave)
    clearTimeout(timer)
    waiters.delete(resolve)
    this.#count -= 1
    if (waiters.size === 0 && this.#waiting.get(jobId) === waiters) this.#waiting.delete(jobId)
  }

  /** Ends all waits, for good. */
  close(): void {
    this.#isClosed = true
    for (const waiters of this.#waiting.values()) for (const wake of waiters) wake()
  }
}
