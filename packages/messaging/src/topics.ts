import { setTimeout as delay } from 'node:timers/promises'
import type { Admin, Kafka } from './kafka.ts'
import { deadLetterTopic, retryTopic } from './dead-letter.ts'

const TIMEOUT_MS = 20_000
/** What a broker takes of one message by default. */
const MESSAGE_BYTES_MAX = 1_048_588

/** How long a topic keeps its messages. Dead letters are kept for good. */
export const TOPIC_KEEP_MS = 7 * 86_400_000

/** How many copies and partitions topics get; partitions can't be lowered later, and raising them moves keys. */
export interface TopicLayout {
  partitions: number
  replicationFactor: number
}

/**
 * Makes the missing topics, with a dead-letter topic and a retry topic for each, and returns the new ones. The migration step calls this, because
 * producers and consumers must never make a topic by accident.
 */
export async function createTopics(
  kafka: Kafka,
  topics: readonly string[],
  layout: TopicLayout,
): Promise<string[]> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    const existing = new Set(await admin.listTopics())
    const minInSync = String(Math.max(1, layout.replicationFactor - 1))
    const wanted = topics.flatMap((topic) => [
      { topic, numPartitions: layout.partitions, configEntries: [retention(TOPIC_KEEP_MS)] },
      // As messages come there by hand, one by one, a partition is enough.
      { topic: retryTopic(topic), numPartitions: 1, configEntries: [retention(TOPIC_KEEP_MS)] },
      {
        topic: deadLetterTopic(topic),
        numPartitions: 1,
        // A dead letter is its message with further headers, so one of the largest size has to fit.
        configEntries: [retention(-1), { name: 'max.message.bytes', value: String(2 * MESSAGE_BYTES_MAX) }],
      },
    ])
    const missing = wanted.filter(({ topic }) => !existing.has(topic))
    if (missing.length > 0) {
      await admin.createTopics({
        // The wait of kafkajs fails when a broker has not heard of the new topic yet, so ours below replaces it.
        waitForLeaders: false,
        timeout: TIMEOUT_MS,
        topics: missing.map(({ topic, numPartitions, configEntries }) => ({
          topic,
          numPartitions,
          replicationFactor: layout.replicationFactor,
          configEntries: [...configEntries, { name: 'min.insync.replicas', value: minInSync }],
        })),
      })
      await waitForLeaders(
        admin,
        missing.map(({ topic }) => topic),
      )
    }
    return missing.map(({ topic }) => topic)
  } finally {
    await admin.disconnect()
  }
}

function retention(ms: number): { name: string; value: string } {
  return { name: 'retention.ms', value: String(ms) }
}

async function waitForLeaders(admin: Admin, topics: string[]): Promise<void> {
  const deadline = Date.now() + TIMEOUT_MS
  for (;;) {
    try {
      await admin.fetchTopicMetadata({ topics })
      return
    } catch (error) {
      // kafkajs marks an error as retriable when the topic is not known yet or has no leader yet.
      const isRetriable = error instanceof Error && 'retriable' in error && error.retriable === true
      if (!isRetriable || Date.now() >= deadline) throw error
      await delay(100)
    }
  }
}
