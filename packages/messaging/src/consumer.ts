import { setTimeout as delay } from 'node:timers/promises'
import { FailureLog } from '@frontrow/failure-log/failure-log'
import { continueTrace } from '@frontrow/trace-context/trace-context'
import type { EachBatchPayload, KafkaMessage } from 'kafkajs'
import type { Logger } from 'pino'
import { BatchLane } from './batch-lane.ts'
import type { Delivery } from './batch-lane.ts'
import type { Consumer, Kafka, Producer } from './kafka.ts'
import { createConsumer, createProducer } from './kafka.ts'
import { deadLetterTopic, toDeadLetter } from './dead-letter.ts'
import { headerText, readEnvelope, UnreadableMessageError } from './envelope.ts'
import type { Incoming, MessageHandlers } from './handlers.ts'
import { OffsetCommits } from './offset-commits.ts'
import { pause } from './pause.ts'

/** What one service listens to. */
export interface ConsumerSettings<M> {
  kafka: Kafka
  /** One group per service and purpose; its instances share the partitions. */
  groupId: string
  topics: readonly string[]
  handlers: MessageHandlers<M>
  logger: Logger
  /** Called when the consumer has ended for good; the process should stop being ready. */
  onCrash: (error: Error) => void
  onHandled?: (info: { topic: string; type: string; outcome: Outcome; seconds: number }) => void
  /** Told of each transaction, and how many messages shared it. */
  onBatch?: (info: { messages: number }) => void
  onLag?: (info: { topic: string; partition: number; lag: number }) => void
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
const SLICE_MAX = 200
const HEARTBEAT_EVERY_MS = 1_000
// An attempt is one transaction, which ends by its own deadlines much earlier. Without a heartbeat the partitions go to another
// instance, so a handler that hangs is not hidden.
const ATTEMPT_MAX_MS = 60_000

/**
 * Delivers messages to one handler, at least once and in partition order, those of all partitions together (batch-lane.ts). A message
 * that can't be read or applied goes to the dead-letter topic, and its partition goes on. Offsets are committed after the handler
 * is done.
 */
export class MessageConsumer<M> {
  readonly #settings: ConsumerSettings<M>
  readonly #consumer: Consumer
  readonly #producer: Producer
  readonly #lane: BatchLane<M, Origin>
  readonly #commits: OffsetCommits
  readonly #stopping = new AbortController()
  #joined = false

  constructor(settings: ConsumerSettings<M>) {
    this.#settings = settings
    this.#consumer = createConsumer(settings.kafka, settings.groupId)
    this.#producer = createProducer(settings.kafka)
    this.#commits = new OffsetCommits(this.#consumer, settings.logger)
    this.#lane = new BatchLane({
      handleMany: (messages) => settings.handlers.handleMany(messages),
      giveUp: ({ message, origin }, error, attempts) => this.#giveUp(origin, message.type, error, attempts),
      logger: settings.logger,
      stopping: this.#stopping.signal,
      onApplied: (deliveries) => {
        settings.onBatch?.({ messages: deliveries.length })
        for (const { message, origin } of deliveries) this.#report(origin, message.type, 'handled')
      },
    })
    this.#listen()
  }

  /** True between joining the group and losing it. */
  get joined(): boolean {
    return this.#joined
  }

  /** Connects and subscribes, trying for as long as the broker is away, and returns when it has started to consume. */
  async start(): Promise<void> {
    const failures = new FailureLog(this.#settings.logger, 'the broker is not there yet; trying again')
    for (let attempt = 1; !this.#stopping.signal.aborted; attempt += 1) {
      try {
        await this.#consumer.connect()
        await this.#consumer.subscribe({ topics: [...this.#settings.topics], fromBeginning: true })
        await this.#producer.connect()
        await this.#consumer.run({
          autoCommit: false,
          eachBatchAutoResolve: false,
          partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
          eachBatch: (payload) => this.#deliver(payload),
        })
        // A stop during the start found nothing to disconnect yet.
        if (this.#stopping.signal.aborted) await this.#disconnect()
        return
      } catch (error) {
        if (this.#stopping.signal.aborted) {
          await this.#disconnect()
          return
        }
        failures.failed(error)
        await pause(Math.min(5_000, 250 * 2 ** attempt), this.#stopping.signal)
      }
    }
  }

  /** Finishes the batch in hand, commits the offsets and leaves the group. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#commits.commit()
    await this.#disconnect()
  }

  async #disconnect(): Promise<void> {
    await this.#consumer.disconnect()
    await this.#producer.disconnect()
  }

  #listen(): void {
    const { events } = this.#consumer
    const { onLag, onCrash, logger } = this.#settings
    this.#consumer.on(events.GROUP_JOIN, () => {
      this.#joined = true
      // What was handled and not committed before comes again, and its partition may be another instance's now.
      this.#commits.forget()
    })
    this.#consumer.on(events.DISCONNECT, () => {
      this.#joined = false
    })
    this.#consumer.on(events.CRASH, ({ payload }) => {
      this.#joined = false
      // kafkajs restarts by itself after retriable errors only. After any other the consumer would be dead unnoticed.
      if (!payload.restart) onCrash(payload.error)
      else logger.warn({ err: payload.error }, 'the consumer starts again')
    })
    this.#consumer.on(events.END_BATCH_PROCESS, ({ payload }) => {
      onLag?.({ topic: payload.topic, partition: payload.partition, lag: Number(payload.offsetLag) })
    })
  }

  /** Handles what one fetch brought of one partition. What is not resolved here comes again. */
  async #deliver(payload: EachBatchPayload): Promise<void> {
    const { topic, partition, messages } = payload.batch
    for (let from = 0; from < messages.length; from += SLICE_MAX) {
      if (!payload.isRunning() || payload.isStale()) return
      const slice = messages.slice(from, from + SLICE_MAX)
      const last = slice.at(-1)
      if (last === undefined) return
      const deliveries = await this.#readAll(topic, partition, slice)
      if (deliveries.length > 0) await this.#keepAlive(this.#lane.add(deliveries), payload)
      payload.resolveOffset(last.offset)
      this.#commits.handled(topic, partition, last.offset)
    }
    // The runner refuses other commits by now.
    if (!payload.isRunning()) await payload.commitOffsetsIfNecessary(payload.uncommittedOffsets())
  }

  async #keepAlive(applied: Promise<void>, payload: EachBatchPayload): Promise<void> {
    const ended = new AbortController()
    try {
      for (;;) {
        const pulse = delay(HEARTBEAT_EVERY_MS, 'pulse' as const, { signal: ended.signal })
        if ((await Promise.race([applied, pulse])) !== 'pulse') return
        if (performance.now() - this.#lane.lastAttemptAt < ATTEMPT_MAX_MS) await payload.heartbeat()
      }
    } finally {
      ended.abort()
    }
  }

  /** The messages that this service takes. Those that can't be read are parked at once. */
  async #readAll(
    topic: string,
    partition: number,
    messages: readonly KafkaMessage[],
  ): Promise<Delivery<M, Origin>[]> {
    const deliveries: Delivery<M, Origin>[] = []
    for (const message of messages) {
      const origin = { topic, partition, message, since: performance.now() }
      try {
        const read = this.#read(origin)
        if (read === null) continue
        deliveries.push({ message: read, origin })
      } catch (error) {
        if (!(error instanceof UnreadableMessageError)) throw error
        await this.#giveUp(origin, 'unreadable', error, 1)
      }
    }
    return deliveries
  }

  #read(origin: Origin): Incoming<M> | null {
    const { readers } = this.#settings.handlers
    const headerType = headerText(origin.message.headers, 'ce_type')
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
  async #giveUp(origin: Origin, type: string, error: unknown, attempts: number): Promise<void> {
    const { topic, partition, message } = origin
    this.#settings.logger.error(
      { err: error, topic, partition, offset: message.offset, attempts },
      'message moved to the dead letters',
    )
    const reason = {
      consumer: this.#settings.groupId,
      topic,
      partition,
      offset: message.offset,
      attempts,
      error: error instanceof Error ? error.message : String(error),
    }
    await this.#producer.send({
      topic: deadLetterTopic(topic),
      acks: -1,
      messages: [toDeadLetter(message, reason)],
    })
    this.#report(origin, type, 'dead-letter')
  }
}
