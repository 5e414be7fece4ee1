import type { Logger } from 'pino'

const WARN_EVERY_MS = 60_000

/**
 * Tells of something that is tried again and again: the first failure as a warning, then one a minute, the others for debugging.
 * A long outage must be seen, and must not fill the disk with one line.
 */
export class FailureLog {
  readonly #logger: Logger
  readonly #message: string
  readonly #now: () => number
  #count = 0
  #warnedAtMs = 0

  constructor(logger: Logger, message: string, now: () => number = () => performance.now()) {
    this.#logger = logger
    this.#message = message
    this.#now = now
  }

  /** Failures since the last success. */
  get count(): number {
    return this.#count
  }

  /** Logs one more failure; `details` are fields of the line. */
  failed(error: unknown, details: object = {}): void {
    this.#count += 1
    const nowMs = this.#now()
    const isTold = this.#count === 1 || nowMs - this.#warnedAtMs >= WARN_EVERY_MS
    if (isTold) this.#warnedAtMs = nowMs
    this.#logger[isTold ? 'warn' : 'debug']({ err: error, ...details, failures: this.#count }, this.#message)
  }

  /** The next failure is a first one again. */
  succeeded(): void {
    this.#count = 0
  }
}
