import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { MessageConsumer } from '../src/consumer.ts'
import type { ConsumerSettings } from '../src/consumer.ts'
import { toHeaders } from '../src/envelope.ts'
import { reader } from '../src/handlers.ts'
import type { Incoming, MessageHandlers } from '../src/handlers.ts'
import { createKafka, createProducer } from '../src/kafka.ts'
import { createBrokerUnderTest, logger } from './broker-under-test.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'

/** A broker, a producer, and consumers that are stopped after each test. */
export interface ConsumersUnderTest {
  broker: BrokerUnderTest
  /** Publishes to one partition after the other: a refusal of one makes kafkajs repeat a whole request. */
  send(topic: string, messages: readonly ReturnType<typeof message>[]): Promise<void>
  /** Starts one more instance in the topic's only group. */
  consume(
    topic: string,
    handlers: MessageHandlers<number>,
    overrides?: Partial<ConsumerSettings<number>>,
  ): Promise<MessageConsumer<number>>
  /** The group's committed offset of each partition; -1 where there is none. */
  committed(topic: string): Promise<number[]>
  /** The ids of the group's members, which are new for a member that was lost and came back. */
  members(topic: string): Promise<string[]>
  stopConsumers(): Promise<void>
  dispose(): Promise<void>
}

export async function createConsumersUnderTest(): Promise<ConsumersUnderTest> {
  const broker = await createBrokerUnderTest()
  const producer = createProducer(broker.kafka)
  await producer.connect()
  const admin = broker.kafka.admin()
  await admin.connect()
  const consumers: MessageConsumer<number>[] = []
  const stopConsumers = async (): Promise<void> => {
    await Promise.all(consumers.splice(0).map((consumer) => consumer.stop()))
  }
  return {
    broker,
    async send(topic, messages) {
      for (const ofPartition of Map.groupBy(messages, ({ partition }) => partition).values()) {
        await producer.send({ topic, acks: -1, messages: ofPartition })
      }
    },
    async consume(topic, handlers, overrides = {}) {
      const consumer = new MessageConsumer({
        // kafkajs keeps the offsets of a group in the client, and instances don't share one.
        kafka: createKafka({
          clientId: 'messaging-test',
          brokers: broker.environment.kafkaBrokers.split(','),
          logger,
        }),
        groupId: groupOf(topic),
        topics: [topic],
        handlers,
        logger,
        onCrash: (error) => {
          throw error
        },
        ...overrides,
      })
      consumers.push(consumer)
      await consumer.start()
      return consumer
    },
    async committed(topic) {
      const topics = await admin.fetchOffsets({ groupId: groupOf(topic), topics: [topic] })
      const partitions = topics.flatMap(({ partitions: ofTopic }) => ofTopic)
      return partitions
        .toSorted((one, other) => one.partition - other.partition)
        .map(({ offset }) => Number(offset))
    },
    async members(topic) {
      const { groups } = await admin.describeGroups([groupOf(topic)])
      return groups.flatMap((group) => group.members.map(({ memberId }) => memberId)).toSorted()
    },
    stopConsumers,
    async dispose() {
      await stopConsumers()
      await admin.disconnect()
      await producer.disconnect()
      await broker.dispose()
    },
  }
}

export function groupOf(topic: string): string {
  return `${topic}.group`
}

/** A message that carries a number. */
export const message = (
  n: number,
  partition = 0,
  id: string = randomUUID(),
): { key: string; partition: number; value: string | null; headers: Record<string, string> } => ({
  key: 'k',
  partition,
  value: JSON.stringify({ n }),
  headers: toHeaders({
    id,
    type: 'Counted',
    source: 'frontrow/test',
    time: new Date(),
    traceparent: null,
    requestId: `request-${n}`,
  }),
})

const Counted = z.object({ n: z.int() })

/** Takes the numbers of a batch. */
export const counting = (
  handleMany: (messages: readonly Incoming<number>[]) => Promise<void>,
): MessageHandlers<number> => ({ readers: { Counted: reader(Counted, ({ n }) => n) }, handleMany })

/** Takes the numbers one after the other. */
export const countingEach = (handleOne: (n: number) => Promise<void>): MessageHandlers<number> =>
  counting(async (messages) => {
    for (const { content } of messages) await handleOne(content)
  })

/** What a connection to a stopped database answers. */
export const databaseAway = (): Error =>
  Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index)
