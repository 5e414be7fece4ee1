import { FailureLog } from '@frontrow/failure-log/failure-log'
import { Batcher } from './batcher.ts'
import type { Logger } from './logger.ts'

/** What the waiters need of the service. */
export interface SettledWaitsOptions<T> {
  logger: Logger
  /** What is waited for, in the plural, for the log. */
  what: string
  idOf: (settled: T) => string
  /** Reads those of these that have settled. */
  find: (ids: readonly string[]) => Promise<T[]>
  /** Called for each one that settles in this process, waited for or not. */
  onSettled?: (settled: T) => void
  /** Called once for one that is waited for here and that another instance has settled. */
  onFound?: (settled: T) => void
}

interface Waiter<T> {
  sinceMs: number
  end: (settled: T | undefined) => void
}

// What is in health settles within 100 ms, so the database is asked only about those that were not heard of for long.
const LOOK_EVERY_MS = 1_250
const LOOK_AFTER_MS = 1_000
const LOOK_SHARED_MAX = 1_000
const LAST_LOOK_MAX_MS = 1_000

/**
 * Tells requests that wait in this process that what they began (a payment, a charge) has settled. Another instance may settle it, and
 * tells nobody here; so those who have waited for a second share a look at the database every 1.25 s, and each looks when its wait ends.
 */
export class SettledWaits<T> {
  readonly #options: SettledWaitsOptions<T>
  readonly #failures: FailureLog
  readonly #waiters = new Map<string, Set<Waiter<T>>>()
  readonly #looks: Batcher<'all', string, T | undefined>
  #timer: NodeJS.Timeout | undefined
  #isLookingAtAll = false

  constructor(options: SettledWaitsOptions<T>) {
    this.#options = options
    this.#failures = new FailureLog(
      options.logger,
      `${options.what} that are waited for could not be looked at`,
    )
    this.#looks = new Batcher({
      batchMax: LOOK_SHARED_MAX,
      atOnceMax: 1,
      waitMaxMs: 3_000,
      send: async (_all, ids) => {
        const found = new Map((await options.find(ids)).map((settled) => [options.idOf(settled), settled]))
        return ids.map((id) => found.get(id))
      },
    })
  }

  /** To be called after the commit that settled it. */
  settled(settled: T): void {
    this.#options.onSettled?.(settled)
    this.#end(this.#options.idOf(settled), settled)
  }

  /**
   * Resolves when it has settled, or with undefined after `ms`. Whoever waits from before it begins misses nothing; for one that may
   * have settled already, call `look` as well.
   */
  wait(id: string, ms: number): Promise<T | undefined> {
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(id) ?? new Set()
      this.#waiters.set(id, waiters)
      const timer = setTimeout(() => this.#lookLast(id, waiter), ms)
      const waiter = {
        sinceMs: performance.now(),
        end: (settled: T | undefined) => {
          clearTimeout(timer)
          waiters.delete(waiter)
          if (waiters.size === 0 && this.#waiters.get(id) === waiters) this.#waiters.delete(id)
          resolve(settled)
        },
      }
      waiters.add(waiter)
      if (this.#timer === undefined) this.#lookLater()
    })
  }

  /** Ends the waits for what did not begin. */
  forget(id: string): void {
    this.#end(id, undefined)
  }

  /** Asks the database about one, and ends the waits for it where it has settled. */
  async look(id: string): Promise<void> {
    try {
      const settled = await this.#looks.add('all', id)
      this.#failures.succeeded()
      if (settled === undefined || !this.#waiters.has(id)) return
      this.#options.onFound?.(settled)
      this.#end(id, settled)
    } catch (error) {
      // The work goes on all the same, and so does the wait.
      this.#failures.failed(error)
    }
  }

  #end(id: string, settled: T | undefined): void {
    for (const waiter of this.#waiters.get(id) ?? []) waiter.end(settled)
  }

  #lookLast(id: string, waiter: Waiter<T>): void {
    const timer = setTimeout(() => waiter.end(undefined), LAST_LOOK_MAX_MS)
    void this.look(id).then(() => {
      clearTimeout(timer)
      waiter.end(undefined)
    })
  }

  /** A process that stops does not wait for it: whoever waits has a timer of their own. */
  #lookLater(): void {
    this.#timer = setTimeout(() => this.#lookAtAll(), LOOK_EVERY_MS).unref()
  }

  #lookAtAll(): void {
    this.#timer = undefined
    if (this.#waiters.size > 0) this.#lookLater()
    // While the database hangs, more looks would only wait behind the last ones.
    if (this.#isLookingAtAll) return
    const since = performance.now() - LOOK_AFTER_MS
    const long = [...this.#waiters].filter(([, waiters]) =>
      [...waiters].some(({ sinceMs }) => sinceMs <= since),
    )
    this.#isLookingAtAll = true
    void Promise.all(long.map(([id]) => this.look(id))).then(() => {
      this.#isLookingAtAll = false
    })
  }
}
