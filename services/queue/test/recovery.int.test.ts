import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Pool } from '@frontrow/postgres/pool'
import { createLogger } from '@frontrow/service-host/logger'
import { createMetrics } from '@frontrow/service-host/metrics'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { Redis } from 'ioredis'
import { PlaceChanges } from '../src/place-changes.ts'
import { RedisGate } from '../src/redis-room/redis-gate.ts'
import { RedisLease } from '../src/redis-lease.ts'
import { roomKey } from '../src/redis-room/room-scripts.ts'
import type { Admission } from '../src/sql/admissions.ts'
import { deleteEndedTokens, insertTokens } from '../src/places/queue-tokens.ts'
import { readLastAdmitted } from '../src/sql/room-places.ts'
import { toDigest } from '../src/places/token-value.ts'
import { WaitingRooms } from '../src/waiting-rooms.ts'
import { connectStores } from './queue-under-test.ts'
import type { Stores } from './queue-under-test.ts'

const logger = createLogger({ service: 'queue-test', level: 'silent' })
const defaults = { maxActive: 1, admitPerSecond: 10, paused: false }

let environment: TestEnvironment
let stores: Stores
let pool: Pool
let redis: Redis
let nextScheduleId = 1

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
  stores = await connectStores(environment)
  ;({ pool, redis } = stores)
})

afterAll(async () => {
  await stores?.stop()
  await environment?.dispose()
})

/** Rooms whose gate is shut, and changes that are written only by the rooms themselves, not by a task in the background. */
function shutRooms(): {
  gate: RedisGate
  rooms: WaitingRooms
  changes: PlaceChanges
  open: () => Promise<void>
} {
  const metrics = createMetrics('queue', { processMetrics: false })
  const gate = new RedisGate({ redis, lease: new RedisLease(pool), logger, metrics })
  const changes = new PlaceChanges(pool, logger)
  const lives = { activeMs: 60_000, waitingMs: 60_000, waitingMax: 100 }
  const rooms = new WaitingRooms({ gate, pool, changes, logger, defaults, ...lives })
  const open = (): Promise<void> => gate.tryOpen((server, epoch) => rooms.recover(server, epoch))
  return { gate, rooms, changes, open }
}

/** A room where nobody but these wait, in this order; returns their digests. */
async function roomOf(userIds: string[]): Promise<{ scheduleId: number; digests: string[] }> {
  const scheduleId = nextScheduleId
  nextScheduleId += 1
  const tokenHashes = userIds.map(() => randomBytes(32))
  await insertTokens(pool, scheduleId, { userIds, tokenHashes }, { opensAtMs: 0, ...defaults })
  return { scheduleId, digests: tokenHashes.map(toDigest) }
}

const justAdmitted = (scheduleId: number, now: number): Admission => ({
  scheduleId,
  sequence: 1,
  enteredAtMs: now,
  admittedAtMs: now,
  active: 1,
  ...defaults,
})

test('who was let in a moment before Redis was lost is in the room that is built from PostgreSQL', async () => {
  const { scheduleId, digests } = await roomOf(['in', 'next'])
  const { rooms, changes, open } = shutRooms()
  const now = Date.now()
  changes.admitted(justAdmitted(scheduleId, now), now + 60_000)
  await open()
  expect(await rooms.place(scheduleId, 'in', digests[0])).toMatchObject({ status: 'ACTIVE' })
  expect(await rooms.place(scheduleId, 'next', digests[1])).toMatchObject({ before: 0 })
})

test('who was let in a moment before their room was found missing is in the room that is built', async () => {
  const { rooms, changes, open } = shutRooms()
  await open()
  const { scheduleId, digests } = await roomOf(['in', 'next'])
  const now = Date.now()
  changes.admitted(justAdmitted(scheduleId, now), now + 60_000)
  expect(await rooms.place(scheduleId, 'in', digests[0])).toMatchObject({ status: 'ACTIVE' })
})

test('a place that was extended in PostgreSQL is not ended by a Redis that has not heard of the extension', async () => {
  const { scheduleId } = await roomOf(['paying', 'gone'])
  const changes = new PlaceChanges(pool, logger)
  const now = Date.now()
  for (const sequence of [1, 2]) changes.admitted({ ...justAdmitted(scheduleId, now), sequence }, now)
  await changes.flush()
  await pool.query(
    `UPDATE queue_tokens SET active_until = now() + interval '5 minutes' WHERE schedule_id = $1 AND user_id = 'paying'`,
    [scheduleId],
  )
  for (const sequence of [1, 2]) changes.ended(scheduleId, sequence, now + 1)
  await changes.flush()
  const { rows } = await pool.query(
    'SELECT status, ended_at IS NULL AS live FROM queue_tokens WHERE schedule_id = $1 ORDER BY sequence',
    [scheduleId],
  )
  expect(rows).toEqual([
    { status: 'ACTIVE', live: true },
    { status: 'EXPIRED', live: false },
  ])
  expect(changes.readmitted).toBe(0)
  changes.admitted({ ...justAdmitted(scheduleId, now), admittedAtMs: now + 5_000 }, now)
  await changes.flush()
  expect(changes.readmitted).toBe(1)
})

test('rooms to be built again stay on the list until Redis has taken the order for them', async () => {
  const { rooms, open } = shutRooms()
  await open()
  // No room has anybody in it, so that nothing but the list is brought to Redis.
  await pool.query(`UPDATE queue_tokens SET status = 'LEFT', ended_at = now() WHERE ended_at IS NULL`)
  const scheduleId = nextScheduleId
  await redis.hset(roomKey(scheduleId, 'room'), 'epoch', 'some')
  const away = new Redis(environment.redisUrl, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
  })
  rooms.unsynced.addRoom(scheduleId + 1_000)
  rooms.unsynced.addRoom(scheduleId)
  await rooms.recover(away, 'epoch')
  away.disconnect()
  expect(rooms.unsynced.size).toBe(2)
  await rooms.replayUnsynced()
  expect(rooms.unsynced.size).toBe(0)
  expect(await redis.hget(roomKey(scheduleId, 'room'), 'epoch')).toBeNull()
})

test('ended tokens go after their time, a batch at a time; live ones and the last admitted stay', async () => {
  const { scheduleId } = await roomOf(['a', 'b', 'c', 'd', 'e', 'waits'])
  // `d` was let in last; `e` left without ever being in.
  await pool.query(
    `UPDATE queue_tokens SET status = CASE WHEN user_id = 'e' THEN 'LEFT' ELSE 'USED' END,
       activated_at = CASE WHEN user_id <> 'e' THEN now() - interval '9 days' + sequence * interval '1 second' END,
       ended_at = now() - CASE WHEN user_id = 'c' THEN interval '6 days' ELSE interval '8 days' END
     WHERE schedule_id = $1 AND user_id <> 'waits'`,
    [scheduleId],
  )
  expect(await deleteEndedTokens(pool, 7, 2)).toBe(2)
  expect(await deleteEndedTokens(pool, 7, 2)).toBe(1)
  expect(await deleteEndedTokens(pool, 7, 2)).toBe(0)
  const { rows } = await pool.query(
    'SELECT user_id FROM queue_tokens WHERE schedule_id = $1 ORDER BY sequence',
    [scheduleId],
  )
  expect(rows.map((row) => row.user_id)).toEqual(['c', 'd', 'waits'])
  expect(await readLastAdmitted(pool, scheduleId)).toBe(4)
})
