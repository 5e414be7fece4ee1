import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { createClient } from '@frontrow/postgres/pool'
import type { Pool } from '@frontrow/postgres/pool'
import { eventually } from '@frontrow/test-kit/eventually'
import { openPatientPool } from '@frontrow/test-kit/patient-pool'
import { deadLetterTopic } from '../src/dead-letter.ts'
import { createConsumersUnderTest, groupOf, message, range } from './consumers-under-test.ts'
import type { ConsumersUnderTest } from './consumers-under-test.ts'
import { EFFECTS_TABLE, effectHandlers, SCHEMA } from './effects.ts'
import type { KilledConsumerSettings } from './killed-consumer.ts'

let consumers: ConsumersUnderTest
let pool: Pool
let owner: ReturnType<typeof createClient>

beforeAll(async () => {
  consumers = await createConsumersUnderTest()
  pool = openPatientPool(consumers.broker.environment.databaseUrl(SCHEMA), {
    max: 10,
    applicationName: 'exactly-once-test',
  })
  owner = createClient(consumers.broker.environment.adminDatabaseUrl, 'exactly-once-test-owner')
  await owner.connect()
  await owner.query(EFFECTS_TABLE)
})

afterEach(() => consumers.stopConsumers())

afterAll(async () => {
  await owner.end()
  await pool.end()
  await consumers.dispose()
})

/** The numbers of a topic's effects, in the order in which they were made. */
const effects = async (topic: string): Promise<number[]> => {
  const { rows } = await pool.query<{ n: number }>('SELECT n FROM effects WHERE topic = $1 ORDER BY place', [
    topic,
  ])
  return rows.map(({ n }) => n)
}

const ascending = (numbers: readonly number[]) => numbers.toSorted((one, other) => one - other)

test('a message that repeats inside a batch and in a later one has one effect', async () => {
  const topic = await consumers.broker.topic('repeats', 1)
  const id = randomUUID()
  await consumers.send(topic, [message(1, 0, id), message(2), message(1, 0, id)])
  await consumers.consume(topic, effectHandlers(pool, topic))
  await eventually(async () => expect(await consumers.committed(topic)).toEqual([3]))
  await consumers.send(topic, [message(1, 0, id), message(3)])
  await eventually(async () => expect(await consumers.committed(topic)).toEqual([5]))
  expect(await effects(topic)).toEqual([1, 2, 3])
})

test('an id in capital letters is the same message, and has its effect', async () => {
  const topic = await consumers.broker.topic('capitals', 1)
  const id = randomUUID()
  await consumers.send(topic, [message(1, 0, id.toUpperCase()), message(2)])
  await consumers.consume(topic, effectHandlers(pool, topic))
  await eventually(async () => expect(await consumers.committed(topic)).toEqual([2]))
  expect(await effects(topic)).toEqual([1, 2])
})

test('around messages that cannot be applied the others have their effects once, in their order', async () => {
  const topic = await consumers.broker.topic('halves', 1)
  const dead = await consumers.broker.watch(deadLetterTopic(topic))
  const bad = [3, 4, 17, 39]
  await consumers.send(topic, range(0, 40).map((n) => message(bad.includes(n) ? -n : n))) // prettier-ignore
  await consumers.consume(topic, effectHandlers(pool, topic))
  await eventually(async () => expect(await consumers.committed(topic)).toEqual([40]))
  expect(await effects(topic)).toEqual(range(0, 40).filter((n) => !bad.includes(n)))
  await eventually(() => expect(dead.map(({ value }) => value)).toEqual(bad.map((n) => `{"n":-${n}}`)))
})

test('messages that come again from the middle of a batch have one effect', async () => {
  const topic = await consumers.broker.topic('redelivery', 1)
  await consumers.send(topic, range(0, 300).map((n) => message(n))) // prettier-ignore
  const first = await consumers.consume(topic, effectHandlers(pool, topic))
  await eventually(async () => expect(await consumers.committed(topic)).toEqual([300]))
  await first.stop()
  const admin = consumers.broker.kafka.admin()
  await admin.connect()
  await admin.setOffsets({ groupId: groupOf(topic), topic, partitions: [{ partition: 0, offset: '77' }] })
  await admin.disconnect()
  await consumers.send(topic, [message(300)])
  await consumers.consume(topic, effectHandlers(pool, topic))
  await eventually(async () => expect(await consumers.committed(topic)).toEqual([301]))
  expect(await effects(topic)).toEqual(range(0, 301))
})

test('two instances that are given the same messages at once make one effect of each', async () => {
  const topic = await consumers.broker.topic('two-instances', 2)
  const begun = new Set<string>()
  // The first transaction of each instance has made its claims, or waits for those of the other, when the other begins.
  const meeting = (name: string) =>
    effectHandlers(pool, topic, async () => {
      begun.add(name)
    })
  const first = await consumers.consume(topic, meeting('first'))
  const second = await consumers.consume(topic, meeting('second'))
  await eventually(async () => expect(await consumers.members(topic)).toHaveLength(2))
  await eventually(() => expect([first.joined, second.joined]).toEqual([true, true]))
  const ids = range(0, 400).map(() => randomUUID())
  // The other partition has the same ones in the opposite order.
  const copies = (partition: number) => ids.map((id, n) => message(n, partition, id))
  await consumers.send(topic, [...copies(0), ...copies(1).toReversed()])
  await eventually(async () => expect(await consumers.committed(topic)).toEqual([400, 400]))
  expect(ascending(await effects(topic))).toEqual(range(0, 400))
  expect([...begun].toSorted()).toEqual(['first', 'second'])
})

test('a rebalance in the middle of a transaction leaves one effect of each message', async () => {
  const topic = await consumers.broker.topic('rebalance', 2)
  const gate = Promise.withResolvers<void>()
  let begun = 0
  await consumers.send(topic, range(0, 100).map((n) => message(n, n % 2))) // prettier-ignore
  await consumers.consume(
    topic,
    effectHandlers(pool, topic, async () => {
      begun += 1
      if (begun === 1) await gate.promise
    }),
  )
  await eventually(() => expect(begun).toBe(1))
  const second = await consumers.consume(topic, effectHandlers(pool, topic))
  await eventually(() => expect(second.joined).toBe(true), { everyMs: 5 })
  // The new owner has claimed the same messages and waits for the end of the open transaction.
  await eventually(async () => {
    const { rows } = await owner.query<{ waiting: number }>(
      `SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
    )
    expect(rows[0]?.waiting).toBeGreaterThan(0)
  })
  gate.resolve()
  await eventually(async () => expect(await consumers.committed(topic)).toEqual([50, 50]))
  expect(ascending(await effects(topic))).toEqual(range(0, 100))
})

/** Has a process killed at this place, and another one take over. */
async function surviveAKill(place: string, effectsBefore: number): Promise<void> {
  const topic = await consumers.broker.topic(`killed-${place}`, 1)
  await consumers.send(topic, range(0, 50).map((n) => message(n))) // prettier-ignore
  const { environment } = consumers.broker
  const settings: KilledConsumerSettings = {
    brokers: environment.kafkaBrokers,
    databaseUrl: environment.databaseUrl(SCHEMA),
    topic,
  }
  const path = fileURLToPath(new URL('killed-consumer.ts', import.meta.url))
  const killed = spawn(process.execPath, [path, JSON.stringify(settings)], {
    stdio: 'inherit',
    env: { ...process.env, FAILPOINT: `${place}/Counted:exit@1` },
  })
  const [, signal] = await once(killed, 'exit')
  expect(signal).toBe('SIGKILL')
  expect(await effects(topic)).toHaveLength(effectsBefore)
  expect(await consumers.committed(topic)).toEqual([-1])
  await consumers.consume(topic, effectHandlers(pool, topic))
  await eventually(async () => expect(await consumers.committed(topic)).toEqual([50]))
  expect(await effects(topic)).toEqual(range(0, 50))
}

// Both at once, since each group waits 10 s for the member that is gone.
test('a process that is killed before the commit of the database, or between the commits, leaves one effect of each message', async () => {
  await Promise.all([surviveAKill('messages-applied', 0), surviveAKill('messages-committed', 50)])
})
