import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { createClient } from '@frontrow/postgres/pool'
import type { Pool } from '@frontrow/postgres/pool'
import { inTransaction } from '@frontrow/postgres/transaction'
import { eventually } from '@frontrow/test-kit/eventually'
import { openPatientPool } from '@frontrow/test-kit/patient-pool'
import { checkMessages } from '../src/audit.ts'
import { enqueue, outboxBacklog } from '../src/outbox.ts'
import { OutboxRelay } from '../src/outbox-relay.ts'
import type { RelayConfig } from '../src/outbox-relay.ts'
import { createBrokerUnderTest, logger } from './broker-under-test.ts'
import type { BrokerUnderTest, TopicMessage } from './broker-under-test.ts'

// Every service's schema has the outbox and inbox tables, so any of them will do.
const SCHEMA = 'payment'

let broker: BrokerUnderTest
let pool: Pool
let owner: ReturnType<typeof createClient>

beforeAll(async () => {
  broker = await createBrokerUnderTest()
  pool = openPatientPool(broker.environment.databaseUrl(SCHEMA), { max: 10, applicationName: 'outbox-test' })
  owner = createClient(broker.environment.adminDatabaseUrl, 'outbox-test-owner')
  await owner.connect()
  await owner.query(`SET search_path = ${SCHEMA}`)
  await owner.query('CREATE TABLE counters (key text PRIMARY KEY, n int NOT NULL)')
  await owner.query(`GRANT SELECT, INSERT, UPDATE ON counters TO ${SCHEMA}`)
})

afterAll(async () => {
  await owner.end()
  await pool.end()
  await broker.dispose()
})

const relays: OutboxRelay[] = []

// What a test that failed leaves running would publish in place of the relays of the next one.
afterEach(() => Promise.all(relays.splice(0).map((relay) => relay.stop())))

function createRelay(overrides: Partial<RelayConfig> = {}): OutboxRelay {
  const relay = new OutboxRelay({
    kafka: broker.kafka,
    databaseUrl: broker.environment.databaseUrl(SCHEMA),
    service: SCHEMA,
    topicPrefix: broker.environment.topicPrefix,
    logger,
    pollMs: 20,
    ...overrides,
  })
  relays.push(relay)
  return relay
}

/** Raises the key's counter, which locks its row, and then enqueues a message about it, in the order of use cases. */
const countUp = (relay: OutboxRelay, topic: string, key: string): Promise<number> =>
  inTransaction(pool, async (tx) => {
    const { rows } = await tx.query<{ n: number }>(
      `INSERT INTO counters VALUES ($1, 1) ON CONFLICT (key) DO UPDATE SET n = counters.n + 1 RETURNING n`,
      [key],
    )
    const n = rows[0]?.n ?? 0
    await enqueue(tx, relay, [{ topic, key, type: 'Counted', payload: { n } }])
    return n
  })

const numbers = (seen: readonly TopicMessage[], key: string): number[] =>
  seen.filter((message) => message.key === key).map((message) => Number(JSON.parse(message.value).n))

/** The numbers without their repeats, in the order of their first arrival: a message may be delivered again. */
const byFirstArrival = (list: readonly number[]): number[] => [...new Set(list)]

const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1)

const allPublished = () =>
  eventually(async () => {
    expect((await outboxBacklog(pool)).rows).toBe(0)
  })

test('a message of a rolled back transaction is never published', async () => {
  const seen = await broker.watch(await broker.topic('rolled-back', 1))
  const relay = createRelay()
  relay.start()
  const failed = inTransaction(pool, async (tx) => {
    await enqueue(tx, relay, [{ topic: 'rolled-back', key: 'a', type: 'Counted', payload: { n: 1 } }])
    throw new Error('undone')
  })
  await expect(failed).rejects.toThrow('undone')
  await countUp(relay, 'rolled-back', 'rolled-back-key')
  await eventually(() => expect(seen).toHaveLength(1))
  expect(seen[0]).toMatchObject({ key: 'rolled-back-key', type: 'Counted', value: '{"n":1}' })
  expect(seen[0]?.headers).toMatchObject({ ce_source: `frontrow/${SCHEMA}`, ce_specversion: '1.0' })
  await relay.stop()
})

test('a leader from which PostgreSQL hears nothing, as from a frozen one, loses the lead to another', async () => {
  const seen = await broker.watch(await broker.topic('silent', 1))
  const silent = createRelay({ pollMs: 600_000, silentMaxMs: 200 })
  silent.start()
  await eventually(() => expect(silent.leads).toBe(true))
  const next = createRelay()
  next.start()
  await eventually(() => expect([silent.leads, next.leads]).toEqual([false, true]))
  await countUp(next, 'silent', 'silent-key')
  await eventually(() => expect(numbers(seen, 'silent-key')).toEqual([1]))
})

test('a crash between publishing and marking publishes again, under the same id, and loses nothing', async () => {
  const seen = await broker.watch(await broker.topic('crash', 1))
  // Marking rows as published fails, as if the process or the database died between publishing and marking.
  await owner.query(`CREATE FUNCTION no_mark() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'crash before the mark'; END $$`)
  await owner.query('CREATE TRIGGER no_mark BEFORE UPDATE ON outbox FOR EACH ROW EXECUTE FUNCTION no_mark()')
  const crashing = createRelay()
  crashing.start()
  for (const _ of upTo(3)) await countUp(crashing, 'crash', 'crash-key')
  await eventually(() => expect(byFirstArrival(numbers(seen, 'crash-key'))).toEqual([1, 2, 3]))
  await crashing.stop()
  expect((await outboxBacklog(pool)).rows).toBe(3)

  await owner.query('DROP TRIGGER no_mark ON outbox')
  const before = seen.length
  const next = createRelay()
  next.start()
  await allPublished()
  await eventually(() => expect(seen.length).toBe(before + 3))
  await next.stop()
  for (const n of [1, 2, 3]) {
    const ids = new Set(seen.filter(({ value }) => value === `{"n":${n}}`).map(({ id }) => id))
    expect(ids.size).toBe(1)
  }
})

test('two relays keep the order of each key and publish each message once; one takes over from the other', async () => {
  const seen = await broker.watch(await broker.topic('order', 3))
  const both = [createRelay(), createRelay()] as const
  for (const relay of both) relay.start()
  await eventually(() => expect(both.filter((relay) => relay.leads)).toHaveLength(1))
  const [leader, standby] = both[0].leads ? both : [both[1], both[0]]
  const keys = ['order-a', 'order-b', 'order-c', 'order-d', 'order-e']
  const round = async (perKey: number) => {
    // Those of a key follow each other, so that none waits for long for a connection.
    const countAll = async (key: string): Promise<void> => {
      for (const n of upTo(perKey)) await countUp(n % 2 ? leader : standby, 'order', key)
    }
    await Promise.all(keys.map(countAll))
  }
  await round(60)
  await allPublished()
  await eventually(() => expect(seen).toHaveLength(300))
  expect(both.filter((relay) => relay.leads)).toEqual([leader])

  const secondRound = round(60)
  await leader.stop()
  await secondRound
  await allPublished()
  await eventually(() => expect(standby.leads).toBe(true))
  await eventually(() => {
    for (const key of keys) expect(byFirstArrival(numbers(seen, key))).toEqual(upTo(120))
  })
  // A clean hand-over publishes nothing twice.
  expect(seen).toHaveLength(600)
  await standby.stop()
})

test('a row that commits later than one with a higher id is not lost', async () => {
  const seen = await broker.watch(await broker.topic('late', 1))
  const relay = createRelay()
  relay.start()
  const slow = await pool.connect()
  await slow.query('BEGIN')
  await enqueue(slow, relay, [{ topic: 'late', key: 'slow', type: 'Counted', payload: { n: 0 } }])
  await countUp(relay, 'late', 'quick')
  await eventually(() => expect(seen.map(({ key }) => key)).toEqual(['quick']))
  await slow.query('COMMIT')
  slow.release()
  await eventually(() => expect(seen.map(({ key }) => key)).toEqual(['quick', 'slow']))
  await relay.stop()
})

test('a relay that stops while others go on writing leaves nothing to be published twice', async () => {
  const seen = await broker.watch(await broker.topic('handed-over', 1))
  const leader = createRelay()
  leader.start()
  await eventually(() => expect(leader.leads).toBe(true))
  const standby = createRelay()
  standby.start()
  const keys = ['handed-a', 'handed-b', 'handed-c', 'handed-d']
  const enough = new AbortController()
  // There is always a further row, so the last rounds of the leader end by their number.
  const write = async (key: string): Promise<number> => {
    let written = 0
    while (!enough.signal.aborted) written = await countUp(standby, 'handed-over', key)
    return written
  }
  const writing = Promise.all(keys.map(write))
  await eventually(() => expect(seen.length).toBeGreaterThan(0))
  await leader.stop()
  enough.abort()
  const written = await writing
  await allPublished()
  await eventually(() => {
    for (const [index, key] of keys.entries()) {
      expect(byFirstArrival(numbers(seen, key))).toEqual(upTo(written[index] ?? 0))
    }
  })
  expect(seen).toHaveLength(written.reduce((sum, count) => sum + count, 0))
  await standby.stop()
})

test('a relay whose database connection is cut goes on with a new one', async () => {
  const seen = await broker.watch(await broker.topic('cut', 1))
  const relay = createRelay()
  relay.start()
  await countUp(relay, 'cut', 'cut-key')
  await eventually(() => expect(seen).toHaveLength(1))
  const { rows } = await owner.query<{ cut: boolean }>(
    'SELECT pg_terminate_backend(pid) AS cut FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()',
    [`${SCHEMA}-relay`],
  )
  expect(rows).toEqual([{ cut: true }])
  await countUp(relay, 'cut', 'cut-key')
  await eventually(() => expect(byFirstArrival(numbers(seen, 'cut-key'))).toEqual([1, 2]))
  await allPublished()
  await relay.stop()
})

test('the audit finds a row that waits too long', async () => {
  expect(await checkMessages(pool, SCHEMA)).toMatchObject({ number: 7, violationCount: 0, violations: [] })
  const relay = createRelay()
  await countUp(relay, 'never', 'waiting')
  expect((await checkMessages(pool, SCHEMA)).violationCount).toBe(0)
  await owner.query("UPDATE outbox SET occurred_at = now() - interval '31 seconds' WHERE topic = 'never'")
  const found = await checkMessages(pool, SCHEMA)
  expect(found.violationCount).toBe(1)
  expect(found.violations[0]).toMatch(/Counted to never\) has waited since/)
  await owner.query("DELETE FROM outbox WHERE topic = 'never'")
})
