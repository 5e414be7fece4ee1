import { FailureLog } from '@frontrow/failure-log/failure-log'
import { Alarm } from '@frontrow/messaging/wake-up'
import type { WakeUp } from '@frontrow/messaging/wake-up'
import type { Logger } from '@frontrow/service-host/logger'

/** What a worker does, and how much of it at once. */
export interface LeasedWork<W> {
  /** Names it in the log. */
  name: string
  logger: Logger
  atOnceMax: number
  /** Takes up to `limit` pieces of work that are due. */
  lease: (limit: number) => Promise<W[]>
  /** Does one and stores what came of it. `signal` ends it where it takes too long or the process has to stop. */
  work: (work: W, signal: AbortSignal) => Promise<void>
  /** One piece of work is cut off after this; shorter than a lease. */
  workMaxMs: number
}

// Work is looked for this often where nothing wakes the worker: what is tried again, and what another process left.
const LOOK_EVERY_MS = 1_000
// Work in hand may go on for this long once the process is asked to stop.
const GRACE_MS = 8_000

/** Does work that lies in the database, some of it at once, each under a lease that outlives the attempt. */
export class LeasedWorker<W> implements WakeUp {
  readonly #options: LeasedWork<W>
  readonly #alarm = new Alarm()
  readonly #running = new Set<Promise<void>>()
  readonly #cut = new AbortController()
  #stopping = false
  #loop: Promise<void> = Promise.resolve()

  constructor(options: LeasedWork<W>) {
    this.#options = options
  }

  start(): void {
    this.#loop = this.#run()
  }

  /** There is work now. */
  wake(): void {
    this.#alarm.wake()
  }

  /** Ends after the work in hand, which is cut off after 8 s. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#alarm.wake()
    const cut = setTimeout(() => this.#cut.abort(new Error('the process stops')), GRACE_MS)
    await this.#loop
    await Promise.all(this.#running)
    clearTimeout(cut)
  }

  async #run(): Promise<void> {
    const { name, logger } = this.#options
    const failures = new FailureLog(logger, 'work could not be read')
    while (!this.#stopping) {
      try {
        const leased = await this.#lease()
        failures.succeeded()
        if (leased > 0) continue
      } catch (error) {
        failures.failed(error, { work: name })
      }
      await this.#alarm.wait(LOOK_EVERY_MS)
    }
  }

  async #lease(): Promise<number> {
    const { name, logger, atOnceMax, lease, work, workMaxMs } = this.#options
    const free = atOnceMax - this.#running.size
    if (free === 0) return 0
    const leased = await lease(free)
    for (const one of leased) {
      const signal = AbortSignal.any([this.#cut.signal, AbortSignal.timeout(workMaxMs)])
      const running = work(one, signal)
        .catch((error: unknown) => {
          // The lease runs out by itself, and the work is taken up again.
          logger.error({ err: error, work: name }, 'what came of some work could not be noted')
        })
        .finally(() => {
          this.#running.delete(running)
          this.#alarm.wake()
        })
      this.#running.add(running)
    }
    return leased.length
  }
}
