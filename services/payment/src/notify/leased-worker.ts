import { Alarm } from '@frontrow/messaging/wake-up'
import type { WakeUp } from '@frontrow/messaging/wake-up'
import type { Logger } from '@frontrow/service-host/logger'
import { LOOK_EVERY_MS, WorkLoop } from '@frontrow/service-host/work-loop'

/** What a worker does, and how much of it at once. */
export interface LeasedWork<W> {
  /** Names it in the log. */
  name: string
  logger: Logger
  atOnceMax: number
  /** Takes up to `limit` pieces of work that are due; nobody else takes them for `leaseMs`. */
  lease: (leaseMs: number, limit: number) => Promise<W[]>
  /** Does one and stores what came of it. `signal` ends it where it takes too long or the process has to stop. */
  work: (work: W, signal: AbortSignal) => Promise<void>
  /** One piece of work is cut off after this. Its lease is that much longer as what came of it may take to be noted. */
  workMaxMs: number
}

// Work in hand may go on for this long once the process is asked to stop.
const GRACE_MS = 8_000
// A connection is waited for 2 s at most, and a few statements by keys follow. Where that takes longer, the work may be done once more.
const NOTE_MAX_MS = 5_000

/**
 * Does work that lies in the database, some of it at once, each under a lease that outlives the attempt, and by little: what a process had
 * in hand when it was killed waits for that.
 */
export class LeasedWorker<W> implements WakeUp {
  readonly #options: LeasedWork<W>
  readonly #alarm = new Alarm()
  readonly #cut = new AbortController()
  readonly #loop: WorkLoop

  constructor(options: LeasedWork<W>) {
    this.#options = options
    const { name, logger } = options
    this.#loop = new WorkLoop({
      logger,
      alarm: this.#alarm,
      failing: 'work could not be read',
      details: { work: name },
      round: () => this.#lease(),
    })
  }

  start(): void {
    this.#loop.start()
  }

  /** There is work now. */
  wake(): void {
    this.#alarm.wake()
  }

  /** Ends after the work in hand, which is cut off after 8 s. */
  async stop(): Promise<void> {
    const cut = setTimeout(() => this.#cut.abort(new Error('the process stops')), GRACE_MS)
    await this.#loop.stop()
    clearTimeout(cut)
  }

  async #lease(): Promise<number> {
    const { name, logger, atOnceMax, lease, work, workMaxMs } = this.#options
    const free = atOnceMax - this.#loop.inHand
    if (free === 0) return LOOK_EVERY_MS
    const leased = await lease(workMaxMs + NOTE_MAX_MS, free)
    for (const one of leased) {
      const signal = AbortSignal.any([this.#cut.signal, AbortSignal.timeout(workMaxMs)])
      this.#loop.track(
        work(one, signal)
          .catch((error: unknown) => {
            // The lease runs out by itself, and the work is taken up again.
            logger.error({ err: error, work: name }, 'what came of some work could not be noted')
          })
          .finally(() => this.#alarm.wake()),
      )
    }
    return leased.length > 0 ? 0 : LOOK_EVERY_MS
  }
}
