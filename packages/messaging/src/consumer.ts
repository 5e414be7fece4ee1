import { FailureLog } from '@frontrow/failure-log/failure-log'
import { isDatabaseTimeout, isDatabaseUnavailable } from '@frontrow/postgres/errors'
import { continueTrace, runWithTrace } from '@frontrow/trace-context/trace-context'
import type { EachMessagePayload } from 'kafkajs'
import type { Logger } from 'pino'
import type { z } from 'zod'
import type { Consumer, Kafka, Producer } from './kafka.ts'
import { createConsumer, createProducer } from './kafka.ts'
import { deadLetterTopic, toDeadLetter } from './dead-letter.ts'
import type { Envelope } from './envelope.ts'
import { readEnvelope, UnreadableMessageError } from './envelope.ts'

/** Handles one message of one type; throws to get it again. It must claim the id in the inbox: messages repeat. */
export interface Handler {
  readonly handle: (message: Envelope) => Promise<void>
}

/** A handler whose value is checked by `schema` first; a value that doesn't fit becomes a dead letter. */
export function handler<S extends z.ZodType>(
  schema: S,
  handle: (value: z.output<S>, message: Envelope) => Promise<void>,
): Handler {
  return {
    handle: async (message) => {
      const parsed = schema.safeParse(message.value)
      if (!parsed.success) {
        throw new UnreadableMessageError(`value of ${message.type}: ${parsed.error.message}`)
      }
      await handle(parsed.data, message)
    },
  }
}

/** What one service listens to. */
export interface ConsumerSettings {
  kafka: Kafka
  /** One group per service and purpose; its instances share the partitions. */
  groupId: string
  topics: readonly string[]
  /** By `ce_type`. A type without a handler is meant for another service and is passed over. */
  handlers: Readonly<Record<string, Handler>>
  logger: Logger
  /** Partitions worked on at once by this process; messages of one partition stay in order. */
  concurrency: number
  /** Called when the consumer has ended for good; the process should stop being ready. */
  onCrash: (error: Error) => void
  onHandled?: (info: { topic: string; type: string; outcome: Outcome; seconds: number }) => void
  onLag?: (info: { topic: string; partition: number; lag: number }) => void
}

/** What became of one delivery. */
export type Outcome = 'handled' | 'passed-over' | 'dead-letter'

const ATTEMPTS_MAX = 4
const OUTAGE_PAUSE_MAX_MS = 2_000

/**
 * Delivers messages to handlers, at least once and in partition order. A message that can't be read, or whose handler
 * failed four times, goes to the dead-letter topic and the partition goes on. While the database is away or too busy, a
 * message is tried again without limit and the heartbeat kept up, because an outage is no reason to give a message up.
 */
export class MessageConsumer {
  readonly #settings: ConsumerSettings
  readonly #consumer: Consumer
  readonly #producer: Producer
  readonly #stopping = new AbortController()
  readonly #outages: FailureLog
  #joined = false

  constructor(settings: ConsumerSettings) {
    this.#settings = settings
    this.#consumer = createConsumer(settings.kafka, settings.groupId)
    this.#producer = createProducer(settings.kafka)
    this.#outages = new FailureLog(settings.logger, 'the database does not answer; messages wait')
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
          autoCommit: true,
          autoCommitInterval: 1_000,
          partitionsConsumedConcurrently: this.#settings.concurrency,
          eachMessage: (payload) => this.#deliver(payload),
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
        await this.#pause(Math.min(5_000, 250 * 2 ** attempt))
      }
    }
  }

  /** Finishes the messages in hand, commits their offsets and leaves the group. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#disconnect()
  }

  async #disconnect(): Promise<void> {
    await this.#consumer.disconnect()
    await this.#producer.disconnect()
  }

  /** Waits for `ms`, or until the consumer is stopped. */
  async #pause(ms: number): Promise<void> {
    const { signal } = this.#stopping
    if (signal.aborted) return
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      signal.addEventListener('abort', end)
    })
  }

  #listen(): void {
    const { events } = this.#consumer
    const { onLag, onCrash, logger } = this.#settings
    this.#consumer.on(events.GROUP_JOIN, () => {
      this.#joined = true
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

  async #deliver(payload: EachMessagePayload): Promise<void> {
    const began = performance.now()
    let type = 'unreadable'
    let outcome: Outcome
    try {
      const message = readEnvelope(payload.topic, payload.message)
      type = message.type
      outcome = await this.#handle(message, payload)
    } catch (error) {
      if (!(error instanceof UnreadableMessageError)) throw error
      outcome = await this.#giveUp(payload, error, 1)
    }
    const seconds = (performance.now() - began) / 1_000
    this.#settings.onHandled?.({ topic: payload.topic, type, outcome, seconds })
  }

  async #handle(message: Envelope, payload: EachMessagePayload): Promise<Outcome> {
    const messageHandler = this.#settings.handlers[message.type]
    if (messageHandler === undefined) return 'passed-over'
    const trace = continueTrace({ traceparent: message.traceparent, requestId: message.requestId })
    let outagePauseMs = 50
    for (let attempt = 1; ;) {
      try {
        await runWithTrace(trace, () => messageHandler.handle(message))
        this.#outages.succeeded()
        return 'handled'
      } catch (error) {
        if (this.#stopping.signal.aborted) throw error
        if (isDatabaseUnavailable(error) || isDatabaseTimeout(error)) {
          this.#outages.failed(error, { type: message.type, messageId: message.id })
          outagePauseMs = Math.min(OUTAGE_PAUSE_MAX_MS, outagePauseMs * 2)
          await this.#pause(outagePauseMs)
          await payload.heartbeat()
          continue
        }
        if (error instanceof UnreadableMessageError || attempt >= ATTEMPTS_MAX) {
          return this.#giveUp(payload, error, attempt)
        }
        await this.#pause(50 * 2 ** attempt)
        await payload.heartbeat()
        attempt += 1
      }
    }
  }

  /** Throws when the dead letter can't be published. The offset is then not committed and the message comes again. */
  async #giveUp(payload: EachMessagePayload, error: unknown, attempts: number): Promise<Outcome> {
    const { topic, partition, message } = payload
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
    return 'dead-letter'
  }
}
