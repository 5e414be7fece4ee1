import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
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

test('a second consumer that joins a backlog, and one that leaves, lose no message', async () => {
  const topic = await consumers.broker.topic('backlog', 4)
  const total = 1_200
  const seen = new Map<number, number>()
  const handlers = countingEach(async (n) => {
    seen.set(n, (seen.get(n) ?? 0) + 1)
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  })
  const messages = range(0, total).map((n) => message(n, n % 4))
  const half = total / 2
  await consumers.send(topic, messages.slice(0, half))
  const first = await consumers.consume(topic, handlers)
  await eventually(() => expect(seen.size).toBeGreaterThan(0))
  const second = await consumers.consume(topic, handlers)
  await eventually(() => expect(second.joined).toBe(true))
  await consumers.send(topic, messages.slice(half))
  await eventually(() => expect(seen.size).toBeGreaterThan(half))
  await first.stop()
  await eventually(() => expect(seen.size).toBe(total))
})

test('after a rebalance no offset is committed of a partition that is another instance’s', async () => {
  const topic = await consumers.broker.topic('stale-offsets', 2)
  const handled: number[] = []
  await consumers.send(topic, [message(0, 0), message(1, 1)])
  const handlers = counting(async (messages) => {
    handled.push(...messages.map(({ content }) => content))
  })
  const first = await consumers.consume(topic, handlers, { commitEveryMs: 3_600_000 })
  await eventually(() => expect(new Set(handled)).toEqual(new Set([0, 1])))
  const gate = Promise.withResolvers<void>()
  const inHand: number[] = []
  await consumers.consume(
    topic,
    counting(async (messages) => {
      inHand.push(...messages.map(({ content }) => content))
      await gate.promise
    }),
  )
  // What was not committed comes again, to the first what it keeps, to the second what it got.
  await eventually(() => expect([handled.length, inHand.length]).toEqual([3, 1]))
  const [others] = inHand
  await first.stop()
  const committed = await consumers.committed(topic)
  expect(committed).toEqual(others === 0 ? [-1, 1] : [1, -1])
  gate.resolve()
  await eventually(async () => expect(await consumers.committed(topic)).toEqual([1, 1]))
})

test('a rebalance in the middle of a batch hands its messages to the new owner, and none that waits is begun', async () => {
  const topic = await consumers.broker.topic('rebalance-in-a-batch', 2)
  const gate = Promise.withResolvers<void>()
  const first: number[] = []
  const second: number[] = []
  await consumers.send(topic, [
    ...range(0, 150).map((n) => message(n, 0)),
    ...range(150, 300).map((n) => message(n, 1)),
  ])
  let begun = 0
  await consumers.consume(
    topic,
    counting(async (messages) => {
      begun += 1
      if (begun === 1) await gate.promise
      first.push(...messages.map(({ content }) => content))
    }),
  )
  await eventually(() => expect(begun).toBe(1))
  const joining = await consumers.consume(
    topic,
    counting(async (messages) => {
      second.push(...messages.map(({ content }) => content))
    }),
  )
  await eventually(() => expect(joining.joined).toBe(true))
  await eventually(() => expect(second).toHaveLength(150))
  expect(first).toEqual([])
  gate.resolve()
  await eventually(async () => expect(await consumers.committed(topic)).toEqual([150, 150]))
  const ofSecond = second[0] ?? 0
  const ofFirst = ofSecond === 0 ? 150 : 0
  // The batch in hand was applied to its end. Of the other, only the partition that was kept came again.
  const kept = range(ofFirst, ofFirst + 150)
  const inHand = first.slice(0, 150)
  expect(inHand[0] === ofFirst || inHand[0] === ofSecond).toBe(true)
  expect(first.slice(150)).toEqual(kept)
  expect(second).toEqual(range(ofSecond, ofSecond + 150))
})

// A member without a heartbeat is put out of its group after 10 s, and has a new id when it comes back.
const PUT_OUT_MS = 12_000

/** A member whose database is away for longer than that. */
async function surviveAnOutage(): Promise<void> {
  const topic = await consumers.broker.topic('long-outage', 1)
  let since: number | undefined
  const handled: number[] = []
  await consumers.send(topic, [message(1)])
  await consumers.consume(
    topic,
    countingEach(async (n) => {
      since ??= performance.now()
      if (performance.now() - since < PUT_OUT_MS) throw databaseAway()
      handled.push(n)
    }),
  )
  await eventually(() => expect(since).toBeDefined())
  const members = await consumers.members(topic)
  await eventually(() => expect(handled).toEqual([1]))
  await eventually(async () => expect(await consumers.committed(topic)).toEqual([1]))
  expect(await consumers.members(topic)).toEqual(members)
  expect(handled).toEqual([1])
}

/** A member that is at work for longer than that. */
async function surviveABacklog(): Promise<void> {
  const topic = await consumers.broker.topic('many-slices', 1)
  const batches = 20
  let since = 0
  let handled = 0
  await consumers.send(topic, range(0, batches * 200).map((n) => message(n))) // prettier-ignore
  await consumers.consume(
    topic,
    counting(async (messages) => {
      since ||= performance.now()
      handled += messages.length
      // Each is shorter than the second after which a long one gets its heartbeat.
      await delay(PUT_OUT_MS / batches)
    }),
    // A commit would count as a sign of life.
    { commitEveryMs: 3_600_000 },
  )
  await eventually(() => expect(handled).toBeGreaterThan(0))
  const members = await consumers.members(topic)
  await eventually(() => expect(handled).toBe(batches * 200))
  expect(performance.now() - since).toBeGreaterThan(11_000)
  expect(await consumers.members(topic)).toEqual(members)
  expect(handled).toBe(batches * 200)
}

// Both at once, since each waits for that time.
test('an outage of the database keeps the partitions, and so does a backlog of many short batches', async () => {
  await Promise.all([surviveAnOutage(), surviveABacklog()])
})

test('a handler that hangs loses its partitions', async () => {
  const topic = await consumers.broker.topic('hanging', 1)
  const gate = Promise.withResolvers<void>()
  let begun = 0
  await consumers.send(topic, [message(1)])
  await consumers.consume(
    topic,
    counting(async () => {
      begun += 1
      await gate.promise
    }),
    { attemptMaxMs: 500 },
  )
  await eventually(() => expect(begun).toBe(1))
  const handled: number[] = []
  await consumers.consume(
    topic,
    countingEach(async (n) => {
      handled.push(n)
    }),
  )
  await eventually(() => expect(handled).toEqual([1]))
  gate.resolve()
})
