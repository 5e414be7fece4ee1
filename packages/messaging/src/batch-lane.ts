import { FailureLog } from '@frontrow/failure-log/failure-log'
import { isDatabaseTimeout, isDatabaseUnavailable } from '@frontrow/postgres/errors'
import type { Logger } from 'pino'
import { UnreadableMessageError } from './envelope.ts'
import type { Incoming } from './handlers.ts'
import { pause } from './pause.ts'

/** A message in hand, with where it came from. */
export interface Delivery<M, Origin> {
  message: Incoming<M>
  origin: Origin
}

/** What the lane works with. */
export interface BatchLaneSettings<M, Origin> {
  /** Applies all of these messages or none. It must end by a deadline of its own. */
  handleMany: (messages: readonly Incoming<M>[]) => Promise<void>
  /** Parks a message that can't be handled. When this fails, the delivery fails and comes again. */
  giveUp: (delivery: Delivery<M, Origin>, error: unknown, attempts: number) => Promise<void>
  logger: Logger
  /** Aborted when the consumer stops. */
  stopping: AbortSignal
  /** Told after each attempt that succeeded. */
  onApplied?: (deliveries: readonly Delivery<M, Origin>[]) => void
}

interface Waiting<M, Origin> {
  deliveries: readonly Delivery<M, Origin>[]
  resolve: () => void
  reject: (error: unknown) => void
}

const BATCH_MAX = 200
const ATTEMPTS_MAX = 4
const OUTAGE_PAUSE_MAX_MS = 2_000

/**
 * Puts what arrives from all partitions together: while one batch is being applied, others gather and share the next one, 200
 * messages at most. A batch that fails is halved until the message that can't be handled is alone; that one is tried four times
 * (once, where it can't be read) and given up, and the others are applied, in their order. While the database is away or too
 * busy the batch is tried again without limit, because an outage is no reason to give a message up.
 */
export class BatchLane<M, Origin> {
  readonly #settings: BatchLaneSettings<M, Origin>
  readonly #outages: FailureLog
  readonly #waiting: Waiting<M, Origin>[] = []
  #isRunning = false
  #lastAttemptAt = 0

  constructor(settings: BatchLaneSettings<M, Origin>) {
    this.#settings = settings
    this.#outages = new FailureLog(settings.logger, 'the database does not answer; messages wait')
  }

  /** Resolves when all of these are applied or given up. One partition must wait for its last call before the next. */
  add(deliveries: readonly Delivery<M, Origin>[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ deliveries, resolve, reject })
      if (this.#isRunning) return
      this.#isRunning = true
      // The partitions of one fetch are handed out in one turn of the event loop.
      setImmediate(() => void this.#run())
    })
  }

  /** Since when no attempt has begun or ended, in ms of `performance.now()`. */
  get lastAttemptAt(): number {
    return this.#lastAttemptAt
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const sharing = this.#takeWaiting()
      try {
        await this.#apply(sharing.flatMap(({ deliveries }) => deliveries))
        for (const { resolve } of sharing) resolve()
      } catch (error) {
        for (const { reject } of sharing) reject(error)
      }
    }
    this.#isRunning = false
  }

  #takeWaiting(): Waiting<M, Origin>[] {
    let messages = 0
    let count = 0
    for (const { deliveries } of this.#waiting) {
      messages += deliveries.length
      if (count > 0 && messages > BATCH_MAX) break
      count += 1
    }
    return this.#waiting.splice(0, count)
  }

  async #apply(deliveries: readonly Delivery<M, Origin>[]): Promise<void> {
    const { handleMany, stopping, onApplied } = this.#settings
    let outagePauseMs = 50
    for (let attempt = 1; ;) {
      try {
        this.#lastAttemptAt = performance.now()
        await handleMany(deliveries.map(({ message }) => message))
        this.#lastAttemptAt = performance.now()
        this.#outages.succeeded()
        onApplied?.(deliveries)
        return
      } catch (error) {
        if (stopping.aborted) throw error
        if (isDatabaseUnavailable(error) || isDatabaseTimeout(error)) {
          this.#outages.failed(error, { messages: deliveries.length })
          outagePauseMs = Math.min(OUTAGE_PAUSE_MAX_MS, outagePauseMs * 2)
          await pause(outagePauseMs, stopping)
          continue
        }
        const [only] = deliveries
        if (deliveries.length > 1 || only === undefined) return await this.#applyHalves(deliveries)
        if (error instanceof UnreadableMessageError || attempt >= ATTEMPTS_MAX) {
          return await this.#settings.giveUp(only, error, attempt)
        }
        await pause(50 * 2 ** attempt, stopping)
        attempt += 1
      }
    }
  }

  async #applyHalves(deliveries: readonly Delivery<M, Origin>[]): Promise<void> {
    const middle = Math.ceil(deliveries.length / 2)
    await this.#apply(deliveries.slice(0, middle))
    await this.#apply(deliveries.slice(middle))
  }
}
