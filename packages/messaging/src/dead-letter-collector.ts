import type { KafkaMessage } from 'kafkajs'
import type { Logger } from 'pino'
import { GroupMember } from './group-member.ts'
import type { Kafka } from './kafka.ts'
import { createProducer } from './kafka.ts'
import {
  deadLetterTopic,
  forGroup,
  originalHeaders,
  readDeadLetterReason,
  retryTopic,
} from './dead-letter.ts'

/** A parked message as it stands in its dead-letter topic. */
export interface DeadLetter {
  /** The topic it came from, without `topicPrefix`. */
  topic: string
  /** Where it stands in the dead-letter topic; unique with `topic`. */
  partition: number
  offset: number
  /** The group that gave up on it; empty where its header is missing. */
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
  readonly #member: GroupMember

  constructor(settings: DeadLetterCollectorSettings) {
    const { kafka, groupId, topics, topicPrefix, logger, store, onCrash } = settings
    this.#member = new GroupMember({
      kafka,
      groupId,
      topics: topics.map((topic) => deadLetterTopic(topicPrefix + topic)),
      // Nobody waits for dead letters, so their polls may be long, which costs less when there are none.
      options: { maxWaitTimeInMs: 2_500 },
      run: {
        eachMessage: ({ partition, message }) => store(readDeadLetter(topicPrefix, partition, message)),
      },
      logger,
      onCrash,
    })
  }

  /** Tries for as long as the broker is away, and returns when it has started to read. */
  start(): Promise<void> {
    return this.#member.start()
  }

  /** Waits until the dead letter in hand is stored, and leaves the group. */
  stop(): Promise<void> {
    return this.#member.stop()
  }
}

function readDeadLetter(topicPrefix: string, partition: number, message: KafkaMessage): DeadLetter {
  const reason = readDeadLetterReason(message.headers)
  return {
    topic: reason.topic.slice(topicPrefix.length),
    partition,
    offset: Number(message.offset),
    consumer: reason.consumer,
    key: message.key,
    value: message.value,
    headers: originalHeaders(message.headers),
    error: reason.error,
    attempts: reason.attempts,
  }
}

/**
 * Publishes a parked message again, for the group that parked it, under its old id, so that a consumer that has applied it ignores it.
 */
export async function republish(
  kafka: Kafka,
  topicPrefix: string,
  deadLetter: Pick<DeadLetter, 'topic' | 'consumer' | 'key' | 'value' | 'headers'>,
): Promise<void> {
  const { consumer, key, value } = deadLetter
  const headers = { ...deadLetter.headers, ...(consumer === '' ? {} : forGroup(consumer)) }
  const producer = createProducer(kafka)
  await producer.connect()
  try {
    await producer.send({
      topic: retryTopic(topicPrefix + deadLetter.topic),
      acks: -1,
      timeout: 5_000,
      messages: [{ key, value, headers }],
    })
  } finally {
    await producer.disconnect()
  }
}
