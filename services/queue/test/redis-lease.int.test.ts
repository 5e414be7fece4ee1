import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { createPool } from '@frontrow/postgres/pool'
import type { Pool } from '@frontrow/postgres/pool'
import { inTransaction } from '@frontrow/postgres/transaction'
import { createLogger } from '@frontrow/service-host/logger'
import { createMetrics } from '@frontrow/service-host/metrics'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import type { Redis } from 'ioredis'
import { createRedis } from '../src/redis.ts'
import { RedisGate } from '../src/redis-room/redis-gate.ts'
import { RedisLease } from '../src/redis-lease.ts'
import { lockLapsedLease, renewLease, takeLease, takeOverLapsedLease } from '../src/sql/redis-lease.ts'
import { QueueClient, startCatalog, startQueueService } from './queue-under-test.ts'

const logger = createLogger({ service: 'queue-test', level: 'silent' })

let environment: TestEnvironment
let pool: Pool
let redis: Redis

function poolOf(one: TestEnvironment): Pool {
  return createPool({
    url: one.databaseUrl('queue'),
    applicationName: 'queue-test',
    max: 4,
    statementTimeoutMs: 5_000,
    onError: () => undefined,
  })
}

beforeAll(async () => {
  environment = await createTestEnvironment()
  pool = poolOf(environment)
  redis = createRedis({ url: environment.redisUrl, commandTimeoutMs: 1_000, logger })
  await new Promise<void>((resolve) => redis.once('ready', () => resolve()))
})

afterAll(async () => {
  redis?.disconnect()
  await pool?.end()
  await environment?.dispose()
})

beforeEach(async () => {
  await pool.query(
    `UPDATE redis_lease SET generation = 1, server = NULL, held_until = '-infinity', taken_over_at = NULL`,
  )
})

function gateOf(lease = new RedisLease(pool)): RedisGate {
  const metrics = createMetrics('queue', { processMetrics: false })
  return new RedisGate({ redis, lease, logger, metrics })
}

test('PostgreSQL takes over when the lease has run out, once, and what was believed before is believed no more', async () => {
  const held = await takeLease(pool, 'server', 300)
  expect(await takeOverLapsedLease(pool)).toBe('HELD')
  expect(await inTransaction(pool, lockLapsedLease)).toBeUndefined()
  expect(await renewLease(pool, held?.generation ?? 0, 300)).toEqual({ handedOver: false })
  await eventually(async () => expect(await takeOverLapsedLease(pool)).toBe('TAKEN'))
  expect(await takeOverLapsedLease(pool)).toBe('RUN_OUT')
  expect(await renewLease(pool, held?.generation ?? 0, 300)).toBeUndefined()
  const again = await takeLease(pool, 'server', 300)
  expect(again).toEqual({ ...held, generation: (held?.generation ?? 0) + 1 })
  expect(await takeOverLapsedLease(pool)).toBe('HELD')
})

test('a lease that ran out while nobody was let in is taken on as it was', async () => {
  const held = await takeLease(pool, 'server', 1)
  await eventually(async () => {
    const { rows } = await pool.query('SELECT held_until < clock_timestamp() AS lapsed FROM redis_lease')
    expect(rows).toEqual([{ lapsed: true }])
  })
  expect(await takeLease(pool, 'server', 300)).toEqual(held)
})

test('one Redis server has the rooms at a time, and what the one before had is not believed when it comes back', async () => {
  const first = await takeLease(pool, 'one', 400)
  expect(await takeLease(pool, 'other', 400)).toBeUndefined()
  const other = await eventually(async () => {
    const term = await takeLease(pool, 'other', 400)
    expect(term).toBeDefined()
    return term
  })
  expect(other?.generation).toBeGreaterThan(first?.generation ?? 0)
  expect(await renewLease(pool, first?.generation ?? 0, 400)).toBeUndefined()
  const back = await eventually(async () => {
    const term = await takeLease(pool, 'one', 400)
    expect(term).toBeDefined()
    return term
  })
  expect(back?.generation).toBeGreaterThan(other?.generation ?? 0)
})

test('a round of admission from PostgreSQL that is in work is waited for before Redis is used again', async () => {
  expect(await takeOverLapsedLease(pool)).toBe('TAKEN')
  const order: string[] = []
  let taking: Promise<unknown> | undefined
  await inTransaction(pool, async (tx) => {
    expect(await lockLapsedLease(tx)).toBeGreaterThan(0)
    taking = takeLease(pool, 'server', 1_000).then(() => order.push('taken'))
    await eventually(async () => {
      const { rows } = await pool.query(
        `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE redis_lease%'`,
      )
      expect(rows).toHaveLength(1)
    })
    order.push('admitted')
  })
  await taking
  expect(order).toEqual(['admitted', 'taken'])
  expect(await inTransaction(pool, lockLapsedLease)).toBeUndefined()
})

test('people may be let in through Redis up to 2 s after the last renewal began, and not without one', async () => {
  const lease = new RedisLease(pool)
  expect(await lease.renew(1_000_000)).toBe(false)
  expect(lease.admitUntilMs).toBe(0)
  await lease.take('server')
  expect(lease.admitUntilMs).toBe(0)
  expect(await lease.renew(1_000_000)).toBe(true)
  expect(lease.admitUntilMs).toBe(1_002_000)
  // A renewal that was begun before the last one does not shorten it.
  expect(await lease.renew(999_000)).toBe(true)
  expect(lease.admitUntilMs).toBe(1_002_000)
  await pool.query('UPDATE redis_lease SET generation = generation + 1')
  expect(await lease.renew(1_003_000)).toBe(false)
  expect(lease).toMatchObject({ isHeld: false, admitUntilMs: 0 })
})

test('a Redis that answers but whose rooms can not be built is tried less and less often, so that PostgreSQL goes on', async () => {
  const gate = gateOf()
  let tries = 0
  const recover = async (): Promise<void> => {
    tries += 1
    throw new Error('full')
  }
  await expect(gate.tryOpen(recover)).rejects.toThrow('could not be brought up to date')
  await expect(gate.tryOpen(recover)).rejects.toThrow('could not be brought up to date')
  await gate.tryOpen(recover)
  expect(tries).toBe(2)
  expect(gate.isOpen).toBe(false)
})

test('a gate whose lease was lost while the rooms were built stays shut', async () => {
  const gate = gateOf()
  const lostOnTheWay = async (): Promise<void> => {
    await pool.query('UPDATE redis_lease SET generation = generation + 1')
  }
  await expect(gate.tryOpen(lostOnTheWay)).rejects.toThrow('could not be brought up to date')
  expect(gate.isOpen).toBe(false)
  await gate.tryOpen(async () => undefined)
  expect(gate.isOpen).toBe(true)
  expect(gate.admitUntilMs).toBeGreaterThan(Date.now())
  await lostOnTheWay()
  await gate.keepLease()
  expect(gate).toMatchObject({ isOpen: false, admitUntilMs: 0 })
})

test('a Redis that was filled from another database is not believed, though it was never started anew', async () => {
  const catalog = await startCatalog()
  const other = await createTestEnvironment()
  // All databases of a test run are copies of one. Creating the other test environment has emptied the Redis that both use.
  const sharing = { ...other.serviceEnv('queue'), REDIS_URL: environment.redisUrl }
  const first = await startQueueService(environment, catalog)
  const second = await startQueueService({ ...other, serviceEnv: () => sharing }, catalog)
  try {
    const [here, there] = [new QueueClient(first), new QueueClient(second)]
    const scheduleId = catalog.addSchedule()
    await here.steer(scheduleId, { maxActive: 1 })
    const [active, waits] = [await here.join(scheduleId, 'one'), await here.join(scheduleId, 'two')]
    expect([active, waits].map((answer) => answer.data['queuePosition'])).toEqual([0, 1])
    // The same people in the other database, in the other order: nobody is in there yet.
    const theirs = [await there.join(scheduleId, 'two'), await there.join(scheduleId, 'one')]
    expect(theirs.map((answer) => [answer.data['sequence'], answer.data['status']])).toEqual([
      [1, 'ACTIVE'],
      [2, 'ACTIVE'],
    ])
    expect((await there.place(active.data['token'])).code).toBe('QUEUE_TOKEN_INVALID')
    expect((await there.place(theirs[1]?.data['token'])).data).toMatchObject({
      sequence: 2,
      status: 'ACTIVE',
    })
  } finally {
    await Promise.all([first.stop(), second.stop()])
    await other.dispose()
    await catalog.stop()
  }
}, 40_000)
