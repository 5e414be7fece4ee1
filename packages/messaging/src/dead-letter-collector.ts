import { setTimeout as delay } from 'node:timers/promises'
import { FailureLog } from '@frontrow/failure-log/failure-log'
import type { Logger } from 'pino'
import type { Consumer, Kafka } from './kafka.ts'
import { createConsumer, createProducer } from './kafka.ts'
import { deadLetterTopic, originalHeaders, readDeadLetterReason } from './dead-letter.ts'

/** A parked message as it stands in its dead-letter topic. */
export interface DeadLetter {
  /** The topic it came from, without `topicPrefix`. */
  topic: string
  /** Where it stands in the dead-letter topic; unique with `topic`. */
  partition: number
  offset: number
  consumer: string
  key: Buffer | null
  value: Buffer | null
  /** The original headers. */
  headers: Record<string, string>
  error: string
  attempts: number
}

/** Settings of the collector. */
export interface DeadLetterCollectorSettings {
  kafka: Kafka
  groupId: string
  topics: readonly string[]
  topicPrefix: string
  logger: Logger
  /** Stores one dead letter. It gets the same one again when it throws or the process dies, so it must not store it twice. */
  store: (deadLetter: DeadLetter) => Promise<void>
  onCrash: (error: Error) => void
}

/** Reads all dead-letter topics into a store where people can look at them. */
export class DeadLetterCollector {
  readonly #settings: DeadLetterCollectorSettings
  readonly #consumer: Consumer
  #stopping = false

  constructor(settings: DeadLetterCollectorSettings) {
    this.#settings = settings
    // Nobody waits for dead letters, so their polls may be long, which costs less when there are none.
    this.#consumer = createConsumer(settings.kafka, settings.groupId, { maxWaitTimeInMs: 2_500 })
    this.#consumer.on(this.#consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) settings.onCrash(payload.error)
    })
  }

  async start(): Promise<void> {
    const { topics, topicPrefix, logger, store } = this.#settings
    const failures = new FailureLog(logger, 'the dead letters can not be read yet; trying again')
    for (let attempt = 1; !this.#stopping; attempt += 1) {
      try {
        await this.#consumer.connect()
        await this.#consumer.subscribe({
          topics: topics.map((topic) => deadLetterTopic(topicPrefix + topic)),
          fromBeginning: true,
        })
        await this.#consumer.run({
          eachMessage: async ({ partition, message }) => {
            const reason = readDeadLetterReason(message.headers)
            await store({
              topic: reason.topic.slice(topicPrefix.length),
              partition,
              offset: Number(message.offset),
              consumer: reason.consumer,
              key: message.key,
              value: message.value,
              headers: originalHeaders(message.headers),
              error: reason.error,
              attempts: reason.attempts,
            })
          },
        })
        return
      } catch (error) {
        failures.failed(error)
        await delay(Math.min(5_000, 250 * 2 ** attempt))
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#consumer.disconnect()
  }
}

/** Publishes a parked message to its topic again, under its old id, so that a consumer that has applied it ignores it. */
export async function republish(
  kafka: Kafka,
  topicPrefix: string,
  deadLetter: Pick<DeadLetter, 'topic' | 'key' | 'value' | 'headers'>,
): Promise<void> {
  const producer = createProducer(kafka)
  await producer.connect()
  try {
    await producer.send({
      topic: topicPrefix + deadLetter.topic,
      acks: -1,
      timeout: 5_000,
      messages: [{ key: deadLetter.key, value: deadLetter.value, headers: deadLetter.headers }],
    })
  } finally {
    await producer.disconnect()
  }
}
