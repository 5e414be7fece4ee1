import { FailureLog } from '@frontrow/failure-log/failure-log'
import type { Alarm } from '@frontrow/messaging/wake-up'
import type { Logger } from './logger.ts'

/** Work that is looked for where nothing wakes its loop: what is tried again, and what another process left. */
export const LOOK_EVERY_MS = 1_000

/** How a loop looks for work. */
export interface WorkLoopOptions {
  logger: Logger
  /** Wakes the loop before its time. */
  alarm: Alarm
  /** What the log says where a round fails; with its fields. */
  failing: string
  details?: object
  /** Begins the work that there is room for, and returns in how many ms to look again; 0: at once. */
  round: () => Promise<number>
}

/**
 * Looks for work in the database, again and again, and begins it without waiting for its end. A round that fails is tried again a second
 * later. A stop ends after the round and the work in hand.
 */
export class WorkLoop {
  readonly #options: WorkLoopOptions
  readonly #inHand = new Set<Promise<void>>()
  #isStopping = false
  #loop: Promise<void> = Promise.resolve()

  constructor(options: WorkLoopOptions) {
    this.#options = options
  }

  /** Pieces of work that have begun and not ended. */
  get inHand(): number {
    return this.#inHand.size
  }

  start(): void {
    this.#loop = this.#run()
  }

  /** Counts work as in hand until it ends. It must not reject. */
  track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#inHand.delete(tracked))
    this.#inHand.add(tracked)
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    this.#options.alarm.wake()
    await this.#loop
    await Promise.all(this.#inHand)
  }

  async #run(): Promise<void> {
    const { logger, alarm, failing, details, round } = this.#options
    const failures = new FailureLog(logger, failing)
    while (!this.#isStopping) {
      let waitMs = LOOK_EVERY_MS
      try {
        waitMs = await round()
        failures.succeeded()
      } catch (error) {
        failures.failed(error, details)
      }
      if (waitMs > 0) await alarm.wait(waitMs)
    }
  }
}
