import { FailureLog } from '@frontrow/failure-log/failure-log'
import type { Refusal } from '@frontrow/refusals/refusal'
import type { Logger } from './logger.ts'

interface Outage {
  failures: FailureLog
  /** In ms of `performance.now()`. */
  lastFailureMs: number
}

const OVER_AFTER_MS = 10_000
// What is away has one message each, so there are a few. Past this many they are told by their code alone.
const OUTAGES_MAX = 50

/**
 * Logs requests that failed. A defect is logged each time, with its stack. What an outage explains is told once for the outage, then counted
 * (`FailureLog`), and its number once more when it is over: 200 clients that went on asking while two services were away for 2 s wrote
 * 4,213 stacks, 12 MB.
 */
export class RequestFailures {
  readonly #logger: Logger
  readonly #message: string
  readonly #outages = new Map<string, Outage>()

  constructor(logger: Logger, message: string) {
    this.#logger = logger
    this.#message = message
  }

  /** `refusal` is what the client was told of `error`; `about` are fields of the line. */
  failed(error: unknown, refusal: Refusal, about: object): void {
    const { http, code, cause } = refusal
    const details = { ...about, code }
    if (http === 500) this.#logger.error({ err: error, ...details }, this.#message)
    // A refusal without a cause is a decision such as a full waiting room, which a whole crowd may get.
    else if (http < 500 || cause === undefined) this.#logger.debug(details, 'request refused')
    else this.#outageOf(refusal).failures.failed(error, details)
  }

  #outageOf({ code, message }: Refusal): Outage {
    const full = `${code} ${message}`
    const name = this.#outages.has(full) || this.#outages.size < OUTAGES_MAX ? full : code
    let outage = this.#outages.get(name)
    if (outage === undefined) {
      outage = { failures: new FailureLog(this.#logger, this.#message), lastFailureMs: 0 }
      this.#outages.set(name, outage)
      this.#watch(name, outage, OVER_AFTER_MS)
    }
    outage.lastFailureMs = performance.now()
    return outage
  }

  #watch(name: string, outage: Outage, afterMs: number): void {
    setTimeout(() => {
      const leftMs = outage.lastFailureMs + OVER_AFTER_MS - performance.now()
      if (leftMs > 0) {
        this.#watch(name, outage, leftMs)
        return
      }
      this.#outages.delete(name)
      this.#logger.info(
        { outage: name, failures: outage.failures.count },
        'no request failed for it any more',
      )
    }, afterMs).unref()
  }
}
