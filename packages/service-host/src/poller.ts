import { FailureLog } from '@frontrow/failure-log/failure-log'
import type { Logger } from './logger.ts'

/** Settings of a background task. */
export interface PollerOptions {
  name: string
  everyMs: number
  /** One round; returns true when there is more to do at once. Gets an end signal to stop early between batches. */
  round: (signal: AbortSignal) => Promise<boolean | void>
  logger: Logger
}

const FAILURE_PAUSE_MS = 250

/**
 * Runs a task again and again, never twice at once; a failed round is reported and the next one comes as planned. Rounds begin
 * at multiples of `everyMs`, so that the tasks of a process share its awakenings: each costs an idle one some 0.1 ms of CPU.
 */
export class Poller {
  readonly #options: PollerOptions
  readonly #stopping = new AbortController()
  readonly #failures: FailureLog
  #timer: NodeJS.Timeout | undefined
  #round: Promise<void> = Promise.resolve()

  constructor(options: PollerOptions) {
    this.#options = options
    this.#failures = new FailureLog(options.logger, 'a background round failed')
  }

  start(): void {
    this.#schedule(0)
  }

  /** Waits for the round in work. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    clearTimeout(this.#timer)
    await this.#round
  }

  #schedule(ms: number): void {
    if (this.#stopping.signal.aborted) return
    this.#timer = setTimeout(() => {
      this.#round = this.#run()
    }, ms)
  }

  async #run(): Promise<void> {
    const { name, everyMs, round } = this.#options
    let again = false
    try {
      again = (await round(this.#stopping.signal)) === true
      this.#failures.succeeded()
    } catch (error) {
      this.#failures.failed(error, { task: name })
    }
    this.#schedule(again ? 0 : Math.max(untilNext(everyMs), this.#failures.count > 0 ? FAILURE_PAUSE_MS : 0))
  }
}

/** Milliseconds to the next multiple, but for one that is about to come: a slow task must not follow itself at once. */
function untilNext(everyMs: number): number {
  const left = everyMs - (performance.now() % everyMs)
  return left < everyMs / 10 ? left + everyMs : left
}
