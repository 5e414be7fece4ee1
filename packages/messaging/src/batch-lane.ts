import { FailureLog } from '@frontrow/failure-log/failure-log'
import { isDatabaseOutage, isStatementTimeout, isUnstorableText } from '@frontrow/postgres/errors'
import { Refusal } from '@frontrow/refusals/refusal'
import type { Logger } from 'pino'
import { UnreadableMessageError } from './envelope.ts'
import type { Incoming } from './handlers.ts'
import { pause } from './pause.ts'
import { lingerMs } from './wake-up.ts'
import type { Lingering } from './wake-up.ts'

/** A message in hand, with where it came from. */
export interface Delivery<M, Origin> {
  /** What was read, or why nothing could be. */
  message: Incoming<M> | UnreadableMessageError
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
  /** How long messages may gather under load; PROMPT by default. */
  lingering?: Lingering | undefined
  /** Told after each attempt that succeeded. */
  onApplied?: (deliveries: readonly Delivery<M, Origin>[]) => void
}

/** Whether somebody waits no more. An AbortSignal is one, and costs more than a batch of one message should. */
export interface Leaving {
  readonly aborted: boolean
}

interface Waiting<M, Origin> {
  deliveries: readonly Delivery<M, Origin>[]
  /** How many of them are begun; fewer than all where the next one is held up. */
  end: number
  /** Aborted when the caller waits no more. */
  left: Leaving
  resolve: (done: number) => void
  reject: (error: unknown) => void
}

/** One delivery of a call; `index` is its place there. */
interface Item<M, Origin> {
  delivery: Delivery<M, Origin>
  index: number
  call: Waiting<M, Origin>
}

/** Messages of one transaction; also so many of one partition at once. */
export const BATCH_MAX = 200
const ATTEMPTS_MAX = 4
const OUTAGE_PAUSE_MAX_MS = 2_000
// One may come of a moment's load, and smaller batches are more work.
const TIMEOUTS_BEFORE_HALVES = 2

/**
 * Puts what arrives from all partitions together: while one batch is being applied, others gather and share the next one, 200
 * messages at most. A batch that fails is halved until the message that can't be handled is alone; that one is tried four times
 * (once, where it can't be read) and given up, and the others are applied, in their order. While the database is away or too
 * busy, or a handler refuses as UNAVAILABLE, the batch is tried again without limit, because an outage is no reason to give a message
 * up. It is halved only after two attempts in a row that were ended by a time limit of the server, because it may be too much for that.
 * A message that could not be read fails here, so that the dead letters of a partition keep its order.
 *
 * A message that runs into a time limit four times alone, as where somebody's session has its row, holds up its own call only, and
 * when it comes again it has one attempt of its own before anything shares a transaction with it.
 */
export class BatchLane<M, Origin> {
  readonly #settings: BatchLaneSettings<M, Origin>
  readonly #outages: FailureLog
  readonly #holdUps: FailureLog
  readonly #waiting: Waiting<M, Origin>[] = []
  /** Ids of messages that were held up and have not been applied since: one a partition, and those that went to other instances. */
  readonly #heldUp = new Set<string>()
  #isRunning = false
  #lastAttemptAt = 0
  #timeoutsInARow = 0

  constructor(settings: BatchLaneSettings<M, Origin>) {
    this.#settings = settings
    this.#outages = new FailureLog(settings.logger, 'what messages need is away or too busy; they wait')
    this.#holdUps = new FailureLog(
      settings.logger,
      'a message runs into a time limit each time; its partition waits and the others go on',
    )
  }

  /**
   * Resolves when these are applied or given up, with how many: all, or those before one that is held up, which should come again
   * after a while with those behind it. One partition must wait for its last call before the next. Once `left` is aborted they are
   * not begun any more, and not tried again.
   */
  add(deliveries: readonly Delivery<M, Origin>[], left: Leaving): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ deliveries, end: deliveries.length, left, resolve, reject })
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
      const isOver = (): boolean =>
        this.#settings.stopping.aborted || sharing.every(({ left }) => left.aborted)
      try {
        if (isOver()) throw new Error('the batch was not begun, because nobody waits for it')
        const together = sharing.flatMap((call) =>
          call.deliveries.map((delivery, index) => ({ delivery, index, call })),
        )
        const alone = sharing.some((call) => this.#beginsHeldUp(call)) ? 1 : 0
        await this.#apply(together.slice(0, alone), isOver)
        await this.#apply(together.slice(alone), isOver)
        // A consumer fetches again when its last fetch is done, so this lets messages gather at the broker.
        const linger = lingerMs(together.length, this.#settings.lingering)
        if (linger > 0) await pause(linger, this.#settings.stopping)
        for (const { resolve, end } of sharing) resolve(end)
      } catch (error) {
        for (const { reject } of sharing) reject(error)
      }
    }
    this.#isRunning = false
  }

  #takeWaiting(): Waiting<M, Origin>[] {
    let messages = 0
    let count = 0
    for (const call of this.#waiting) {
      messages += call.deliveries.length
      if (count > 0 && (messages > BATCH_MAX || this.#beginsHeldUp(call))) break
      count += 1
    }
    return this.#waiting.splice(0, count)
  }

  #beginsHeldUp({ deliveries: [first] }: Waiting<M, Origin>): boolean {
    return first !== undefined && this.#isHeldUp(first)
  }

  #isHeldUp({ message }: Delivery<M, Origin>): boolean {
    return 'id' in message && this.#heldUp.has(message.id)
  }

  async #apply(all: readonly Item<M, Origin>[], isOver: () => boolean): Promise<void> {
    // What is behind a message that is held up waits with it.
    const items = all.filter(({ index, call }) => index < call.end)
    if (items.length === 0) return
    const deliveries = items.map(({ delivery }) => delivery)
    let outagePauseMs = 50
    for (let attempt = 1, timeouts = 0; ;) {
      const failure = await this.#attempt(deliveries)
      if (failure === null) return
      const { error } = failure
      if (isOver()) throw error
      const [only] = items
      const isMany = items.length > 1 || only === undefined
      if (isOutage(error)) {
        if (isStatementTimeout(error)) timeouts += 1
        if (!isMany && timeouts >= (this.#isHeldUp(only.delivery) ? 1 : ATTEMPTS_MAX)) {
          return this.#holdUp(only, error)
        }
        this.#outages.failed(error, { messages: items.length })
        outagePauseMs = Math.min(OUTAGE_PAUSE_MAX_MS, outagePauseMs * 2)
        await pause(outagePauseMs, this.#settings.stopping)
        if (isOver()) throw error
        if (!isMany || this.#timeoutsInARow < TIMEOUTS_BEFORE_HALVES) continue
        return await this.#applyHalves(items, isOver)
      }
      if (isMany) return await this.#applyHalves(items, isOver)
      if (isHopeless(error) || attempt >= ATTEMPTS_MAX) {
        await this.#settings.giveUp(only.delivery, error, attempt)
        return this.#goOn([only.delivery])
      }
      await pause(50 * 2 ** attempt, this.#settings.stopping)
      attempt += 1
    }
  }

  /** Null: the messages are applied. */
  async #attempt(deliveries: readonly Delivery<M, Origin>[]): Promise<{ error: unknown } | null> {
    try {
      this.#lastAttemptAt = performance.now()
      await this.#settings.handleMany(deliveries.map(({ message }) => readable(message)))
    } catch (error) {
      this.#timeoutsInARow = isStatementTimeout(error) ? this.#timeoutsInARow + 1 : 0
      return { error }
    } finally {
      this.#lastAttemptAt = performance.now()
    }
    this.#timeoutsInARow = 0
    this.#outages.succeeded()
    this.#goOn(deliveries)
    this.#settings.onApplied?.(deliveries)
    return null
  }

  async #applyHalves(items: readonly Item<M, Origin>[], isOver: () => boolean): Promise<void> {
    const middle = Math.ceil(items.length / 2)
    await this.#apply(items.slice(0, middle), isOver)
    await this.#apply(items.slice(middle), isOver)
  }

  #holdUp({ delivery: { message }, index, call }: Item<M, Origin>, error: unknown): void {
    call.end = index
    this.#timeoutsInARow = 0
    if (!('id' in message)) return
    this.#heldUp.add(message.id)
    this.#holdUps.failed(error, { messageId: message.id, type: message.type })
  }

  /** These are held up no more. */
  #goOn(deliveries: readonly Delivery<M, Origin>[]): void {
    if (this.#heldUp.size === 0) return
    for (const { message } of deliveries) {
      if ('id' in message && this.#heldUp.delete(message.id)) this.#holdUps.succeeded()
    }
  }
}

function isOutage(error: unknown): boolean {
  const isRefused = error instanceof Refusal && error.code === 'UNAVAILABLE'
  return isRefused || isDatabaseOutage(error)
}

/** Trying again would come to the same, and everybody would wait for it. */
function isHopeless(error: unknown): boolean {
  return error instanceof UnreadableMessageError || isUnstorableText(error)
}

function readable<M>(message: Incoming<M> | UnreadableMessageError): Incoming<M> {
  if (message instanceof UnreadableMessageError) throw message
  return message
}
