import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import type { Outcome } from '../src/consumer.ts'
import { republish } from '../src/dead-letter-collector.ts'
import { deadLetterTopic, originalHeaders, readDeadLetterReason, retryTopic } from '../src/dead-letter.ts'
import { createTopics } from '../src/topics.ts'
import {
  counting,
  countingEach,
  createConsumersUnderTest,
  databaseAway,
  message,
  range,
} from './consumers-under-test.ts'
import type { ConsumersUnderTest } from './consumers-under-test.ts'

let consumers: ConsumersUnderTest

beforeAll(async () => {
  consumers = await createConsumersUnderTest()
})

afterEach(() => consumers.stopConsumers())

afterAll(() => consumers.dispose())

test('a message that cannot be read becomes a dead letter with its error and bytes, and the partition goes on', async () => {
  const topic = await consumers.broker.topic('poison', 1)
  const dead = await consumers.broker.watch(deadLetterTopic(topic))
  const handled: number[] = []
  const outcomes: Outcome[] = []
  const handlers = countingEach(async (n) => {
    handled.push(n)
  })
  const { ce_id: _id, ...withoutId } = message(0).headers
  const poison = [
    { ...message(0), headers: withoutId },
    { ...message(0), value: '{"n":' },
    { ...message(0), value: null },
    { ...message(0), value: '{"n":"one"}' },
  ]
  await consumers.send(topic, [message(1), ...poison, message(2)])
  await consumers.consume(topic, handlers, { onHandled: ({ outcome }) => outcomes.push(outcome) })
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

test('a dead letter that is published again is for the group that parked it; another group passes it over and goes on', async () => {
  const topic = await consumers.broker.topic('published-again', 1)
  const dead = await consumers.broker.watch(deadLetterTopic(topic))
  const outcomes = new Map<string, Outcome[]>()
  for (const name of ['one', 'other']) {
    const ofGroup: Outcome[] = []
    outcomes.set(name, ofGroup)
    const failing = countingEach(() => Promise.reject(new Error(`no luck in ${name}`)))
    await consumers.consume(topic, failing, {
      groupId: `${topic}.${name}`,
      onHandled: ({ outcome }) => ofGroup.push(outcome),
    })
  }
  await consumers.send(topic, [message(1)])
  await eventually(() => expect(dead).toHaveLength(2))
  const parked = dead.find(({ headers }) => readDeadLetterReason(headers).error === 'no luck in one')
  if (parked === undefined) throw new Error('it was not parked')
  const { consumer } = readDeadLetterReason(parked.headers)
  const headers = originalHeaders(parked.headers)
  const [key, value] = [Buffer.from(parked.key), Buffer.from(parked.value)]
  await republish(consumers.broker.kafka, '', { topic, consumer, key, value, headers })
  await eventually(() => expect(outcomes.get('other')).toEqual(['dead-letter', 'passed-over']))
  await eventually(() => expect(dead).toHaveLength(3))
  expect(readDeadLetterReason(dead[2]?.headers)).toMatchObject({ consumer: `${topic}.one`, topic })
  expect(originalHeaders(dead[2]?.headers)).toEqual(headers)
})

test('dead letters keep the order of their partition, whether they could not be read or not be applied', async () => {
  const topic = await consumers.broker.topic('order-of-the-dead', 1)
  const dead = await consumers.broker.watch(deadLetterTopic(topic))
  const handled: number[] = []
  const unreadable = (value: string) => ({ ...message(0), value })
  await consumers.send(topic, [
    message(0),
    message(-1),
    unreadable('-2'),
    message(1),
    unreadable('-3'),
    message(-4),
    message(2),
  ])
  await consumers.consume(
    topic,
    counting(async (messages) => {
      const bad = messages.find(({ content }) => content < 0)
      if (bad !== undefined) throw new Error(`no luck with ${bad.content}`)
      handled.push(...messages.map(({ content }) => content))
    }),
  )
  await eventually(() => expect(dead.map(({ value }) => value)).toEqual(['{"n":-1}', '-2', '-3', '{"n":-4}']))
  await eventually(() => expect(handled).toEqual([0, 1, 2]))
})

test('a message that fails alone is tried four times and becomes a dead letter; one that fails less often is handled', async () => {
  const topic = await consumers.broker.topic('failing', 1)
  const dead = await consumers.broker.watch(deadLetterTopic(topic))
  const calls: number[][] = []
  let failuresOfTwo = 0
  await consumers.send(topic, [message(1), message(2), message(3)])
  await consumers.consume(
    topic,
    counting(async (messages) => {
      const numbers = messages.map(({ content }) => content)
      calls.push(numbers)
      if (numbers.includes(1)) throw new Error('no luck with 1')
      if (numbers.includes(2) && failuresOfTwo < 3) {
        failuresOfTwo += 1
        throw new Error('no luck with 2 yet')
      }
    }),
  )
  // The three together, the first half, its halves, and the other half.
  const expected = [[1, 2, 3], [1, 2], [1], [1], [1], [1], [2], [2], [2], [2], [3]] // prettier-ignore
  await eventually(() => expect(calls).toEqual(expected))
  await eventually(() => expect(dead).toHaveLength(1))
  expect(readDeadLetterReason(dead[0]?.headers)).toMatchObject({ attempts: 4, error: 'no luck with 1' })
})

test('while the database is away no message is given up', async () => {
  const topic = await consumers.broker.topic('outage', 1)
  const dead = await consumers.broker.watch(deadLetterTopic(topic))
  const handled: number[] = []
  let refusals = 0
  await consumers.consume(
    topic,
    countingEach(async (n) => {
      // Six refusals are more than the four attempts that any other error gets.
      if (n === 1 && refusals < 6) {
        refusals += 1
        throw databaseAway()
      }
      handled.push(n)
    }),
  )
  await consumers.send(topic, [message(1), message(2)])
  await eventually(() => expect(handled).toEqual([1, 2]))
  expect(refusals).toBe(6)
  expect(dead).toEqual([])
})

test('a message that runs into a time limit each time holds up its partition alone, which goes on in order when it can', async () => {
  const topic = await consumers.broker.topic('held-up', 2)
  const handled: number[] = []
  let isLocked = true
  let attempts = 0
  await consumers.consume(
    topic,
    counting(async (messages) => {
      if (isLocked && messages.some(({ content }) => content === 2)) {
        attempts += 1
        throw Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' })
      }
      handled.push(...messages.map(({ content }) => content))
    }),
    { heldUpMs: 200 },
  )
  await consumers.send(topic, [message(1, 0), message(2, 0), message(3, 0), message(101, 1)])
  await eventually(() => expect(attempts).toBeGreaterThan(4))
  // What comes to the other partition now is not kept waiting.
  await consumers.send(topic, [message(102, 1)])
  await eventually(() => expect(handled.toSorted((a, b) => a - b)).toEqual([1, 101, 102]))
  await eventually(async () => expect(await consumers.committed(topic)).toEqual([1, 2]))
  const before = attempts
  await eventually(() => expect(attempts).toBeGreaterThan(before + 1))
  isLocked = false
  await eventually(() => expect(handled.filter((n) => n < 100)).toEqual([1, 2, 3]))
  await eventually(async () => expect(await consumers.committed(topic)).toEqual([3, 2]))
  expect(handled).toHaveLength(5)
})

test('types without a handler are passed over, and their offsets are committed', async () => {
  const topic = await consumers.broker.topic('others', 1)
  const outcomes: string[] = []
  await consumers.consume(
    topic,
    { readers: {}, handleMany: async () => undefined },
    { onHandled: ({ type, outcome }) => outcomes.push(`${type} ${outcome}`) },
  )
  await consumers.send(topic, [message(1)])
  await eventually(() => expect(outcomes).toEqual(['Counted passed-over']))
  await eventually(async () => expect(await consumers.committed(topic)).toEqual([1]))
})

test('messages of all partitions that arrive together share one call', async () => {
  const topic = await consumers.broker.topic('sharing', 4)
  const calls: number[][] = []
  const messages = range(0, 4).flatMap((partition) =>
    range(0, 40).map((index) => message(partition * 100 + index, partition)),
  )
  await consumers.send(topic, messages)
  const batches: number[] = []
  await consumers.consume(
    topic,
    counting(async (together) => {
      calls.push(together.map(({ content }) => content))
    }),
    { onBatch: ({ messages: count }) => batches.push(count) },
  )
  await eventually(() => expect(batches).toEqual([160]))
  for (const partition of range(0, 4)) {
    const ofPartition = calls[0]?.filter((n) => Math.floor(n / 100) === partition)
    expect(ofPartition).toEqual(range(partition * 100, partition * 100 + 40))
  }
})

test('a call gets 200 messages at most, and those of a partition keep their order over calls', async () => {
  const topic = await consumers.broker.topic('slices', 2)
  const calls: number[][] = []
  const messages = range(0, 450).map((n) => message(n, 0))
  await consumers.send(topic, [...messages, ...range(1_000, 1_150).map((n) => message(n, 1))])
  await consumers.consume(
    topic,
    counting(async (together) => {
      calls.push(together.map(({ content }) => content))
    }),
  )
  await eventually(() => expect(calls.flat()).toHaveLength(600))
  expect(Math.max(...calls.map(({ length }) => length))).toBe(200)
  expect(calls.flat().filter((n) => n < 1_000)).toEqual(range(0, 450))
  expect(calls.flat().filter((n) => n >= 1_000)).toEqual(range(1_000, 1_150))
})

test('a dead letter that cannot be published makes its message come again, and nothing behind it is committed', async () => {
  const { environment, kafka } = consumers.broker
  const topic = `${environment.topicPrefix}no-dead-letters`
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({
    topics: [topic, retryTopic(topic)].map((name) => ({
      topic: name,
      numPartitions: 1,
      replicationFactor: 1,
    })),
  })
  await admin.disconnect()
  const calls: number[][] = []
  await consumers.send(topic, [message(-1), message(2)])
  await consumers.consume(
    topic,
    counting(async (messages) => {
      const numbers = messages.map(({ content }) => content)
      calls.push(numbers)
      if (numbers.includes(-1)) throw new Error('no luck')
    }),
  )
  const together = () => calls.filter(({ length }) => length === 2)
  await eventually(() => expect(together().length).toBeGreaterThanOrEqual(2))
  expect(await consumers.committed(topic)).toEqual([-1])
  expect(calls).not.toContainEqual([2])
  await createTopics(kafka, [topic], { partitions: 1, replicationFactor: 1 })
  const dead = await consumers.broker.watch(deadLetterTopic(topic))
  await eventually(() => expect(dead.map(({ value }) => value)).toEqual(['{"n":-1}']))
  await eventually(async () => expect(await consumers.committed(topic)).toEqual([2]))
  expect(calls.at(-1)).toEqual([2])
})
