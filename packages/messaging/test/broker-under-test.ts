import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { pino } from 'pino'
import type { Logger } from 'pino'
import { headerText } from '../src/envelope.ts'
import { createConsumer, createKafka } from '../src/kafka.ts'
import type { Kafka } from '../src/kafka.ts'
import { createTopics } from '../src/topics.ts'

export const logger: Logger = pino({ level: process.env['TEST_LOG_LEVEL'] ?? 'silent' })

/** A message of a topic, as a consumer reads it. */
export interface TopicMessage {
  id: string | undefined
  type: string | undefined
  key: string
  value: string
  partition: number
  headers: Record<string, string>
}

/** A database and topics of this test file's own. */
export interface BrokerUnderTest {
  environment: TestEnvironment
  kafka: Kafka
  /** Makes a topic and its dead-letter topic; returns its full name. */
  topic(name: string, partitions: number): Promise<string>
  /** Collects all messages of a topic, from the first on, into the list it returns. */
  watch(topic: string): Promise<TopicMessage[]>
  dispose(): Promise<void>
}

/** Connects to the servers of the test run. */
export async function createBrokerUnderTest(): Promise<BrokerUnderTest> {
  const environment = await createTestEnvironment({ topics: false })
  const kafka = createKafka({
    clientId: 'messaging-test',
    brokers: environment.kafkaBrokers.split(','),
    logger,
  })
  const consumers: { disconnect(): Promise<void> }[] = []
  return {
    environment,
    kafka,
    async topic(name, partitions) {
      await createTopics(kafka, [environment.topicPrefix + name], { partitions, replicationFactor: 1 })
      return environment.topicPrefix + name
    },
    async watch(topic) {
      const messages: TopicMessage[] = []
      const consumer = createConsumer(kafka, `${topic}.watch`)
      consumers.push(consumer)
      await consumer.connect()
      await consumer.subscribe({ topics: [topic], fromBeginning: true })
      await consumer.run({
        eachMessage: async ({ partition, message }) => {
          const headers: Record<string, string> = {}
          for (const name of Object.keys(message.headers ?? {})) {
            headers[name] = headerText(message.headers, name) ?? ''
          }
          messages.push({
            id: headers['ce_id'],
            type: headers['ce_type'],
            key: message.key?.toString() ?? '',
            value: message.value?.toString() ?? '',
            partition,
            headers,
          })
        },
      })
      return messages
    },
    async dispose() {
      await Promise.all(consumers.map((consumer) => consumer.disconnect()))
      await environment.dispose()
    },
  }
}
