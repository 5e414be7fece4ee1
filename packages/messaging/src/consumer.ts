import { continueTrace } from '@frontrow/trace-context/trace-context'
import type { EachBatchPayload, KafkaMessage } from 'kafkajs'
import type { Logger } from 'pino'
import { BATCH_MAX, BatchLane } from './batch-lane.ts'
import type { Delivery } from './batch-lane.ts'
import { GroupMember } from './group-member.ts'
import type { Kafka, Producer } from './kafka.ts'
import { createProducer } from './kafka.ts'
import { deadLetterTopic, isForAnother, retryTopic, toDeadLetter } from './dead-letter.ts'
import { headerText, readEnvelope, UnreadableMessageError } from './envelope.ts'
import type { Incoming, MessageHandlers } from './handlers.ts'
import { OffsetCommits } from './offset-commits.ts'
import { pause } from './pause.ts'
import type { Lingering } from './wake-up.ts'

/** What one service listens to. */
export interface ConsumerSettings<M> {
  kafka: Kafka
  /** One group per service and purpose; its instances share the partitions. */
  groupId: string
  /** Their retry topics are listened to as well. */
  topics: readonly string[]
  handlers: MessageHandlers<M>
  /** How long messages may gather under load; PROMPT by default. */
  lingering?: Lingering | undefined
  logger: Logger
  /** Called when the consumer has ended for good; the process should stop being ready. */
  onCrash: (error: Error) => void
  onHandled?: (info: { topic: string; type: string; outcome: Outcome; seconds: number }) => void
  /** Told of each transaction, and how many messages shared it. */
  onBatch?: (info: { messages: number }) => void
  onLag?: (info: { topic: string; partition: number; lag: number }) => void
  /** A handler that takes longer than this loses its partitions; a minute by default. */
  attemptMaxMs?: number
  /** How long a partition rests whose next message runs into a time limit each time; ten seconds by default. */
  heldUpMs?: number
  /** How long a handled offset waits for others to be committed with; half a second by default. */
  commitEveryMs?: number
}

/** What became of one delivery. */
export type Outcome = 'handled' | 'passed-over' | 'dead-letter'

interface Origin {
  topic: string
  partition: number
  message: KafkaMessage
  /** In ms of `performance.now()`. */
  since: number
}

// One fetch hands out a batch a partition, and all of them are to meet in the lane.
const PARTITIONS_AT_ONCE = 64
const HEARTBEAT_EVERY_MS = 1_000
// An attempt is one transaction, which ends by its own deadlines much earlier. Without a heartbeat the partitions go to another
// instance, so a handler that hangs is not hidden.
const ATTEMPT_MAX_MS = 60_000
// An attempt with such a message takes up to a time limit of a lock, 2 s, in which no other message is applied.
const HELD_UP_MS = 10_000

/**
 * Delivers messages to one handler, at least once and in partition order, those of all partitions together (batch-lane.ts). A message
 * that can't be read or applied goes to the dead-letter topic, and its partition goes on. Offsets are committed after the handler
 * is done.
 */
export class MessageConsumer<M> {
  readonly #settings: ConsumerSettings<M>
  readonly #member: GroupMember
  readonly #producer: Producer
  readonly #lane: BatchLane<M, Origin>
  readonly #commits: OffsetCommits
  readonly #stopping = new AbortController()

  constructor(settings: ConsumerSettings<M>) {
    const { kafka, groupId, topics, handlers, logger } = settings
    this.#settings = settings
    this.#producer = createProducer(kafka)
    this.#commits = new OffsetCommits(logger, settings.commitEveryMs)
    this.#lane = new BatchLane({
      handleMany: (messages) => handlers.handleMany(messages),
      giveUp: (delivery, error, attempts) => this.#giveUp(delivery, error, attempts),
      logger,
      lingering: settings.lingering,
      stopping: this.#stopping.signal,
      onApplied: (deliveries) => {
        settings.onBatch?.({ messages: deliveries.length })
        for (const delivery of deliveries) this.#report(delivery.origin, typeOf(delivery), 'handled')
      },
    })
    this.#member = new GroupMember({
      kafka,
      groupId,
      topics: topics.flatMap((topic) => [topic, retryTopic(topic)]),
      logger,
      producer: this.#producer,
      run: {
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
        eachBatch: (payload) => this.#deliver(payload),
      },
      onJoin: () => this.#commits.forget(),
      onCrash: settings.onCrash,
    })
    const { consumer } = this.#member
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
      const { topic, partition, offsetLag } = payload
      settings.onLag?.({ topic, partition, lag: Number(offsetLag) })
    })
  }

  /** True between joining the group and losing it. */
  get joined(): boolean {
    return this.#member.joined
  }

  /** Connects and subscribes, trying for as long as the broker is away, and returns when it has started to consume. */
  start(): Promise<void> {
    return this.#member.start()
  }

  /** Finishes the batch in hand, commits the offsets and leaves the group. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#commits.stop()
    await this.#member.stop()
  }

  /** Handles what one fetch brought of one partition. What is not resolved here comes again. */
  async #deliver(payload: EachBatchPayload): Promise<void> {
    const { topic, partition, messages } = payload.batch
    try {
      for (let from = 0; from < messages.length; from += BATCH_MAX) {
        if (this.#stopping.signal.aborted) break
        const slice = messages.slice(from, from + BATCH_MAX)
        const deliveries = this.#readAll(topic, partition, slice)
        const done = deliveries.length === 0 ? 0 : await this.#apply(deliveries, payload)
        const heldUp = deliveries[done]?.origin.message
        const last = slice[(heldUp === undefined ? slice.length : slice.indexOf(heldUp)) - 1]
        if (last !== undefined) {
          payload.resolveOffset(last.offset)
          this.#commits.handled(topic, partition, last.offset, (offsets) =>
            payload.commitOffsetsIfNecessary(offsets),
          )
        }
        if (heldUp !== undefined) {
          this.#rest(payload)
          break
        }
        // kafkajs sends one after the last slice only. Commits keep the membership too, but do not tell of a rebalance.
        await payload.heartbeat()
      }
    } catch (error) {
      if (!this.#stopping.signal.aborted) throw error
      // kafkajs would join again before it stops. What was not applied goes to whoever has the partition next.
      this.#settings.logger.info({ err: error, topic, partition }, 'stopped before the messages were applied')
    }
    // The commit of `stop` may have come before the end of this batch.
    if (this.#stopping.signal.aborted) await this.#commits.commit()
  }

  /** Lets a partition be for a while. One that waited here would hold up all: kafkajs fetches again when all have what it fetched. */
  #rest(payload: EachBatchPayload): void {
    const resume = payload.pause()
    void pause(this.#settings.heldUpMs ?? HELD_UP_MS, this.#stopping.signal).then(resume)
  }

  /** Waits for the lane, and keeps the partitions as long as it makes attempts. Returns how many messages are done. */
  async #apply(deliveries: readonly Delivery<M, Origin>[], payload: EachBatchPayload): Promise<number> {
    const left = { aborted: false }
    const lost = Promise.withResolvers<never>()
    // An interval and its end cost a batch 1 us; a timer of node:timers/promises that can be aborted cost it 13 us.
    const pulses = setInterval(() => {
      const attemptMs = performance.now() - this.#lane.lastAttemptAt
      if (attemptMs >= (this.#settings.attemptMaxMs ?? ATTEMPT_MAX_MS)) return
      payload.heartbeat().catch(lost.reject)
    }, HEARTBEAT_EVERY_MS)
    try {
      return await Promise.race([this.#lane.add(deliveries, left), lost.promise])
    } finally {
      clearInterval(pulses)
      left.aborted = true
    }
  }

  /** The messages that this service takes, and those that can't be read. */
  #readAll(topic: string, partition: number, messages: readonly KafkaMessage[]): Delivery<M, Origin>[] {
    const deliveries: Delivery<M, Origin>[] = []
    for (const message of messages) {
      const origin = { topic, partition, message, since: performance.now() }
      try {
        const read = this.#read(origin)
        if (read !== null) deliveries.push({ message: read, origin })
      } catch (error) {
        if (!(error instanceof UnreadableMessageError)) throw error
        deliveries.push({ message: error, origin })
      }
    }
    return deliveries
  }

  #read(origin: Origin): Incoming<M> | null {
    const { groupId, handlers } = this.#settings
    const { readers } = handlers
    const { headers } = origin.message
    const headerType = headerText(headers, 'ce_type')
    if (isForAnother(groupId, headers)) {
      this.#report(origin, headerType ?? '', 'passed-over')
      return null
    }
    // Most messages of an event topic are for others, and are not parsed here.
    if (headerType !== undefined && headerType !== '' && readers[headerType] === undefined) {
      this.#report(origin, headerType, 'passed-over')
      return null
    }
    const envelope = readEnvelope(origin.topic, origin.message)
    const { id, type, traceparent, requestId } = envelope
    const content = readers[type]?.(envelope) ?? null
    if (content === null) {
      this.#report(origin, type, 'passed-over')
      return null
    }
    return { id, type, trace: continueTrace({ traceparent, requestId }), content }
  }

  #report({ topic, since }: Origin, type: string, outcome: Outcome): void {
    const seconds = (performance.now() - since) / 1_000
    this.#settings.onHandled?.({ topic, type, outcome, seconds })
  }

  /** Throws when the dead letter can't be published. The offset is then not committed and the message comes again. */
  async #giveUp(delivery: Delivery<M, Origin>, error: unknown, attempts: number): Promise<void> {
    const { topic, partition, message } = delivery.origin
    const where = { topic, partition, offset: message.offset }
    const { groupId, logger } = this.#settings
    const reason = error instanceof Error ? error.message : String(error)
    try {
      await this.#producer.send({
        topic: deadLetterTopic(topic),
        acks: -1,
        messages: [toDeadLetter(message, { consumer: groupId, ...where, attempts, error: reason })],
      })
    } catch (sendError) {
      logger.error({ err: sendError, ...where, reason }, 'dead letter not published; its message comes again')
      throw sendError
    }
    logger.error({ err: error, ...where, attempts }, 'message moved to the dead letters')
    this.#report(delivery.origin, typeOf(delivery), 'dead-letter')
  }
}

function typeOf({ message }: Delivery<unknown, Origin>): string {
  return message instanceof UnreadableMessageError ? 'unreadable' : message.type
}
