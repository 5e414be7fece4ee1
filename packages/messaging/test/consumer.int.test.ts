import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { z } from 'zod'
import { MessageConsumer } from '../src/consumer.ts'
import type { ConsumerSettings, Outcome } from '../src/consumer.ts'
import { reader } from '../src/handlers.ts'
import type { MessageHandlers } from '../src/handlers.ts'
import { deadLetterTopic, originalHeaders, readDeadLetterReason } from '../src/dead-letter.ts'
import { toHeaders } from '../src/envelope.ts'
import { createProducer } from '../src/kafka.ts'
import type { Producer } from '../src/kafka.ts'
import { createBrokerUnderTest, logger } from './broker-under-test.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'

let broker: BrokerUnderTest
let producer: Producer
const consumers: MessageConsumer<number>[] = []

beforeAll(async () => {
  broker = await createBrokerUnderTest()
  producer = createProducer(broker.kafka)
  await producer.connect()
})

afterEach(async () => {
  await Promise.all(consumers.splice(0).map((consumer) => consumer.stop()))
})

afterAll(async () => {
  await producer.disconnect()
  await broker.dispose()
})

const consume = async (
  topic: string,
  handlers: MessageHandlers<number>,
  overrides: Partial<ConsumerSettings<number>> = {},
): Promise<MessageConsumer<number>> => {
  const consumer = new MessageConsumer({
    kafka: broker.kafka,
    groupId: `${topic}.group`,
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
}

const message = (n: number, key = 'k') => ({
  key,
  value: JSON.stringify({ n }),
  headers: toHeaders({
    id: randomUUID(),
    type: 'Counted',
    source: 'frontrow/test',
    time: new Date(),
    traceparent: null,
    requestId: `request-${n}`,
  }),
})

const Counted = z.object({ n: z.int() })

/** Hands the numbers of each batch to `handleOne`, one after the other. */
const counting = (handleOne: (n: number) => Promise<void>): MessageHandlers<number> => ({
  readers: { Counted: reader(Counted, ({ n }) => n) },
  handleMany: async (messages) => {
    for (const { content } of messages) await handleOne(content)
  },
})

test('a message that cannot be read becomes a dead letter with its error and bytes, and the partition goes on', async () => {
  const topic = await broker.topic('poison', 1)
  const dead = await broker.watch(deadLetterTopic(topic))
  const handled: number[] = []
  const outcomes: Outcome[] = []
  await consume(
    topic,
    counting(async (n) => {
      handled.push(n)
    }),
    { onHandled: ({ outcome }) => outcomes.push(outcome) },
  )
  const { ce_id: _id, ...withoutId } = message(0).headers
  const poison = [
    { ...message(0), headers: withoutId },
    { ...message(0), value: '{"n":' },
    { ...message(0), value: null },
    { ...message(0), value: '{"n":"one"}' },
  ]
  await producer.send({ topic, acks: -1, messages: [message(1), ...poison, message(2)] })
  await eventually(() => expect(handled).toEqual([1, 2]))
  await eventually(() => expect(dead).toHaveLength(4))
  expect(outcomes.filter((outcome) => outcome === 'dead-letter')).toHaveLength(4)
  const errors = dead.map(({ headers }) => readDeadLetterReason(headers))
  expect(errors.map(({ error }) => error.split('\n')[0])).toEqual([
    'header ce_id is not a UUID',
    'the value is not JSON',
    'the message has no value',
    expect.stringContaining('value of Counted'),
  ])
  expect(errors[0]).toMatchObject({ topic, partition: 0, offset: '1', attempts: 1 })
  expect(dead[1]?.value).toBe('{"n":')
  expect(originalHeaders(dead[3]?.headers)).toEqual(poison[3]?.headers)
})

test('a message whose handler fails four times becomes a dead letter; one that fails twice is handled', async () => {
  const topic = await broker.topic('failing', 1)
  const dead = await broker.watch(deadLetterTopic(topic))
  const attempts = new Map<number, number>()
  await consume(
    topic,
    counting(async (n) => {
      const attempt = (attempts.get(n) ?? 0) + 1
      attempts.set(n, attempt)
      if (n === 1 || (n === 2 && attempt < 3)) throw new Error(`no luck with ${n}`)
    }),
  )
  await producer.send({ topic, acks: -1, messages: [message(1), message(2), message(3)] })
  await eventually(() => expect([...attempts]).toEqual([[1, 4], [2, 3], [3, 1]])) // prettier-ignore
  await eventually(() => expect(dead).toHaveLength(1))
  expect(readDeadLetterReason(dead[0]?.headers)).toMatchObject({ attempts: 4, error: 'no luck with 1' })
})

test('while the database is away no message is given up', async () => {
  const topic = await broker.topic('outage', 1)
  const dead = await broker.watch(deadLetterTopic(topic))
  const handled: number[] = []
  let refusals = 0
  await consume(
    topic,
    counting(async (n) => {
      // Six refusals are more than the four attempts that any other error gets.
      if (n === 1 && refusals < 6) {
        refusals += 1
        throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
      }
      handled.push(n)
    }),
  )
  await producer.send({ topic, acks: -1, messages: [message(1), message(2)] })
  await eventually(() => expect(handled).toEqual([1, 2]), { withinMs: 15_000 })
  expect(refusals).toBe(6)
  expect(dead).toEqual([])
})

test('types without a handler are passed over', async () => {
  const topic = await broker.topic('others', 1)
  const outcomes: string[] = []
  await consume(
    topic,
    { readers: {}, handleMany: async () => undefined },
    { onHandled: ({ type, outcome }) => outcomes.push(`${type} ${outcome}`) },
  )
  await producer.send({ topic, acks: -1, messages: [message(1)] })
  await eventually(() => expect(outcomes).toEqual(['Counted passed-over']))
})

test('a second consumer that joins a backlog, and one that leaves, lose no message', async () => {
  const topic = await broker.topic('backlog', 4)
  const total = 1_200
  const seen = new Map<number, number>()
  const handlers = counting(async (n) => {
    seen.set(n, (seen.get(n) ?? 0) + 1)
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  })
  const messages = Array.from({ length: total }, (_, index) => message(index, `key-${index % 40}`))
  const half = total / 2
  await producer.send({ topic, acks: -1, messages: messages.slice(0, half) })
  const first = await consume(topic, handlers)
  await eventually(() => expect(seen.size).toBeGreaterThan(0))
  const second = await consume(topic, handlers)
  await eventually(() => expect(second.joined).toBe(true))
  await producer.send({ topic, acks: -1, messages: messages.slice(half) })
  await eventually(() => expect(seen.size).toBeGreaterThan(half))
  await first.stop()
  await eventually(() => expect(seen.size).toBe(total), { withinMs: 25_000 })
})

test('stopping ends at once while the topic is not there yet', async () => {
  const consumer = new MessageConsumer({
    kafka: broker.kafka,
    groupId: 'never',
    topics: [`${broker.environment.topicPrefix}no-such-topic`],
    handlers: { readers: {}, handleMany: async () => undefined },
    logger,
    onCrash: () => {},
  })
  const started = consumer.start()
  await consumer.stop()
  await started
  expect(consumer.joined).toBe(false)
})
