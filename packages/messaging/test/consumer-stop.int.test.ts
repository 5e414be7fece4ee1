import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { MessageConsumer } from '../src/consumer.ts'
import { DeadLetterCollector } from '../src/dead-letter-collector.ts'
import {
  counting,
  createConsumersUnderTest,
  databaseAway,
  groupOf,
  message,
  range,
} from './consumers-under-test.ts'
import type { ConsumersUnderTest } from './consumers-under-test.ts'
import { logger } from './broker-under-test.ts'

let consumers: ConsumersUnderTest

beforeAll(async () => {
  consumers = await createConsumersUnderTest()
})

afterEach(() => consumers.stopConsumers())

afterAll(() => consumers.dispose())

test('an offset is committed after its handler is done, and without another message', async () => {
  const topic = await consumers.broker.topic('after-the-handler', 1)
  const gate = Promise.withResolvers<void>()
  let begun = 0
  const handlers = counting(async () => {
    begun += 1
    await gate.promise
  })
  await consumers.consume(topic, handlers, { commitEveryMs: 1 })
  await consumers.send(topic, [message(1)])
  await eventually(() => expect(begun).toBe(1))
  expect(await consumers.committed(topic)).toEqual([-1])
  gate.resolve()
  await eventually(async () => expect(await consumers.committed(topic)).toEqual([1]))
})

test('the offsets of several batches share a commit, which a stop does not wait for', async () => {
  const topic = await consumers.broker.topic('rare-commits', 1)
  const handled: number[] = []
  const handlers = counting(async (messages) => {
    handled.push(...messages.map(({ content }) => content))
  })
  const consumer = await consumers.consume(topic, handlers, { commitEveryMs: 3_600_000 })
  for (const n of [1, 2, 3]) {
    await consumers.send(topic, [message(n)])
    await eventually(() => expect(handled).toContain(n))
  }
  expect(await consumers.committed(topic)).toEqual([-1])
  await consumer.stop()
  expect(await consumers.committed(topic)).toEqual([3])
})

test('a stop in the middle of a batch finishes what is in hand, commits it and leaves the rest to others', async () => {
  const topic = await consumers.broker.topic('stop-in-the-middle', 1)
  const gate = Promise.withResolvers<void>()
  const handled: number[] = []
  const handlers = counting(async (messages) => {
    await gate.promise
    handled.push(...messages.map(({ content }) => content))
  })
  let begun = 0
  await consumers.send(topic, range(0, 450).map((n) => message(n))) // prettier-ignore
  const consumer = await consumers.consume(topic, {
    ...handlers,
    handleMany: async (messages) => {
      begun += 1
      await handlers.handleMany(messages)
    },
  })
  await eventually(() => expect(begun).toBe(1))
  const stopped = consumer.stop()
  gate.resolve()
  await stopped
  expect(handled).toEqual(range(0, 200))
  expect(await consumers.committed(topic)).toEqual([200])
  await consumers.consume(topic, handlers)
  await eventually(() => expect(handled).toHaveLength(450))
  expect(handled).toEqual(range(0, 450))
})

test('what another partition finished while a stop began is committed too', async () => {
  const topic = await consumers.broker.topic('stop-of-two', 2)
  const gate = Promise.withResolvers<void>()
  let begun = 0
  const handlers = counting(async () => {
    begun += 1
    await gate.promise
  })
  await consumers.send(topic, [
    ...range(0, 150).map((n) => message(n, 0)),
    ...range(0, 150).map((n) => message(n, 1)),
  ])
  const consumer = await consumers.consume(topic, handlers)
  await eventually(() => expect(begun).toBe(1))
  gate.resolve()
  const handledAtStop = eventually(() => expect(begun).toBe(2))
  await handledAtStop
  await consumer.stop()
  expect(await consumers.committed(topic)).toEqual([150, 150])
})

test('a stop during an outage ends quickly and loses nothing', async () => {
  const topic = await consumers.broker.topic('stop-in-an-outage', 2)
  let refusals = 0
  await consumers.send(topic, [
    ...range(0, 150).map((n) => message(n, 0)),
    ...range(150, 300).map((n) => message(n, 1)),
  ])
  const handlers = counting(async () => {
    refusals += 1
    throw databaseAway()
  })
  const consumer = await consumers.consume(topic, handlers)
  // The pauses are above a second by now.
  await eventually(() => expect(refusals).toBeGreaterThanOrEqual(6))
  const refusalsBefore = refusals
  const since = performance.now()
  await consumer.stop()
  expect(performance.now() - since).toBeLessThan(10_000)
  expect(refusals).toBe(refusalsBefore)
  expect(await consumers.committed(topic)).toEqual([-1, -1])
  const handled: number[] = []
  await consumers.consume(
    topic,
    counting(async (messages) => {
      handled.push(...messages.map(({ content }) => content))
    }),
  )
  await eventually(() => expect(handled.toSorted((one, other) => one - other)).toEqual(range(0, 300)))
})

test('stopping ends at once while the topic is not there yet', async () => {
  const consumer = new MessageConsumer({
    kafka: consumers.broker.kafka,
    groupId: 'never',
    topics: [`${consumers.broker.environment.topicPrefix}no-such-topic`],
    handlers: { readers: {}, handleMany: async () => undefined },
    logger,
    onCrash: () => {},
  })
  const started = consumer.start()
  await consumer.stop()
  await started
  expect(consumer.joined).toBe(false)
})

test.each(['a consumer', 'a collector of dead letters'])(
  '%s that is stopped while it joins leaves its group',
  async (what) => {
    const topic = await consumers.broker.topic(`stop-in-join-${what.length}`, 1)
    const { kafka } = consumers.broker
    const common = { kafka, groupId: groupOf(topic), topics: [topic], logger, onCrash: () => {} }
    const member =
      what === 'a consumer'
        ? new MessageConsumer({ ...common, handlers: counting(async () => undefined) })
        : new DeadLetterCollector({ ...common, topicPrefix: '', store: async () => undefined })
    const started = member.start()
    // The first member of a new group waits for others for some seconds (group.initial.rebalance.delay.ms) or for the sync.
    await eventually(async () => expect(await consumers.members(topic)).toHaveLength(1), { everyMs: 1 })
    await member.stop()
    await started
    await eventually(async () => expect(await consumers.members(topic)).toEqual([]))
  },
)
