import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Pool } from '@frontrow/postgres/pool'
import { inTransaction } from '@frontrow/postgres/transaction'
import { createLogger } from '@frontrow/service-host/logger'
import { createMetrics } from '@frontrow/service-host/metrics'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import type { Redis } from 'ioredis'
import { PlaceChanges } from '../src/place-changes.ts'
import { RedisGate } from '../src/redis-room/redis-gate.ts'
import { RedisLease } from '../src/redis-lease.ts'
import { roomKey, runScript } from '../src/redis-room/room-scripts.ts'
import { insertTokens } from '../src/places/queue-tokens.ts'
import { toDigest } from '../src/places/token-value.ts'
import { WaitingRooms } from '../src/waiting-rooms.ts'
import type { RoomEntry } from '../src/room-entry.ts'
import { notedSequences } from './admission-rows.ts'
import { connectStores, QueueClient, startCatalog, startQueueService } from './queue-under-test.ts'
import type { Stores } from './queue-under-test.ts'

const logger = createLogger({ service: 'queue-test', level: 'silent' })
const defaults = { maxActive: 1, admitPerSecond: 10, paused: false }
const ALWAYS = { opensAtMs: 0, endsAtMs: Number.MAX_SAFE_INTEGER, nobodyEarly: true }

let environment: TestEnvironment
let stores: Stores
let pool: Pool
let redis: Redis
let nextScheduleId = 1_000

beforeAll(async () => {
  environment = await createTestEnvironment()
  stores = await connectStores(environment)
  ;({ pool, redis } = stores)
})

afterAll(async () => {
  await stores?.stop()
  await environment?.dispose()
})

/** What one instance has of the rooms. */
interface Instance {
  gate: RedisGate
  rooms: WaitingRooms
  changes: PlaceChanges
}

async function instance(): Promise<Instance> {
  const metrics = createMetrics('queue', { processMetrics: false })
  const gate = new RedisGate({ redis, lease: new RedisLease(pool), logger, metrics })
  const changes = new PlaceChanges(pool, logger, (change) => rooms.unsynced.add(change))
  const lives = { activeMs: 60_000, waitingMs: 60_000, waitingMax: 100 }
  const rooms: WaitingRooms = new WaitingRooms({ gate, pool, changes, logger, defaults, ...lives })
  await gate.tryOpen((server, epoch) => rooms.recover(server, epoch))
  return { gate, rooms, changes }
}

/** A room where nobody but these wait, in this order, in PostgreSQL. */
async function roomOf(userIds: string[]): Promise<RoomEntry[]> {
  const scheduleId = nextScheduleId
  nextScheduleId += 1
  const tokenHashes = userIds.map(() => randomBytes(32))
  const rows = await insertTokens(pool, scheduleId, { userIds, tokenHashes }, { opensAtMs: 0, ...defaults })
  return userIds.map((userId, index) => ({
    scheduleId,
    userId,
    sequence: rows[index]?.sequence ?? 0,
    digest: toDigest(tokenHashes[index] ?? Buffer.alloc(0)),
    activeUntilMs: 0,
  }))
}

function firstOf(entries: readonly RoomEntry[]): RoomEntry {
  const [first] = entries
  if (first === undefined) throw new Error('nobody is in the room')
  return first
}

/** Lets one in through Redis; nothing of it is in PostgreSQL yet. */
async function letIn({ rooms, changes }: Instance, entry: RoomEntry): Promise<void> {
  const entered = await rooms.join(entry, ALWAYS)
  if (entered.status !== 'ACTIVE' || entered.admission === undefined) throw new Error('not let in')
  changes.admitted(entered.admission, entered.activeUntilMs)
  // A room that was just made has nothing to wait for.
  await pool.query(`UPDATE rooms SET drawn_at = drawn_at - interval '1 minute' WHERE schedule_id = $1`, [
    entry.scheduleId,
  ])
}

async function place(rooms: WaitingRooms, { scheduleId, userId, digest }: RoomEntry): Promise<string> {
  return (await rooms.place(scheduleId, userId, digest)).status
}

test('who was let in and noted a moment later is in, in a room that was lost and built again in between', async () => {
  const admitter = await instance()
  const other = await instance()
  const entry = firstOf(await roomOf(['in', 'next']))
  await letIn(admitter, entry)
  await redis.del(roomKey(entry.scheduleId, 'room'))
  // The place is asked for before the note is written; the builder waits for the note.
  const asked = place(other.rooms, entry).catch(() => 'is being built')
  await eventually(async () => {
    expect(await redis.hexists(roomKey(entry.scheduleId, 'room'), 'builder')).toBe(1)
  })
  await admitter.changes.flush()
  expect(['ACTIVE', 'is being built']).toContain(await asked)
  await eventually(async () => expect(await place(other.rooms, entry)).toBe('ACTIVE'))
})

test('who was let in is in, also where the note is written only after the room was built again', async () => {
  const admitter = await instance()
  const other = await instance()
  const entry = firstOf(await roomOf(['in', 'next']))
  await letIn(admitter, entry)
  let flushing: Promise<void> | undefined
  await inTransaction(pool, async (tx) => {
    // A transaction holds the row, so that the note can't be written yet.
    await tx.query('SELECT FROM queue_tokens WHERE schedule_id = $1 FOR UPDATE', [entry.scheduleId])
    flushing = admitter.changes.flush()
    await redis.del(roomKey(entry.scheduleId, 'room'))
    await eventually(async () => expect(await place(other.rooms, entry)).toBe('WAITING'))
  })
  await flushing
  await admitter.rooms.replayUnsynced()
  expect(await place(other.rooms, entry)).toBe('ACTIVE')
})

test('what is noted in time is not brought to Redis a second time', async () => {
  const admitter = await instance()
  await letIn(admitter, firstOf(await roomOf(['in'])))
  await admitter.changes.flush()
  expect(admitter.rooms.unsynced.size).toBe(0)
})

test('places that change while their room is being built are brought there once it is built', async () => {
  const { gate, rooms } = await instance()
  const entries = await roomOf(['first', 'second'])
  const { scheduleId } = firstOf(entries)
  const { epoch } = gate.connection()
  const builder = randomUUID()
  const step = (name: string, ...args: (string | number)[]) =>
    runScript(redis, 'rebuild', scheduleId, [name, builder, epoch, ...args])
  await step('begin')
  // Both places change while the room is being built.
  for (const { sequence } of entries) rooms.unsynced.add({ scheduleId, sequence })
  await rooms.replayUnsynced()
  expect(rooms.unsynced.size).toBe(2)
  await step('finish', 1, 1, 10, 1, 0, 1)
  await rooms.replayUnsynced()
  expect(rooms.unsynced.size).toBe(0)
  for (const entry of entries) expect(await place(rooms, entry)).toBe('WAITING')
})

test('a draw that is found done a second time takes away nobody who was let in since', async () => {
  const admitter = await instance()
  const other = await instance()
  const entry = firstOf(await roomOf(['in']))
  await letIn(admitter, entry)
  await other.rooms.dropUndrawnRoom(entry.scheduleId)
  expect(await place(other.rooms, entry)).toBe('ACTIVE')
})

test('nobody is let in through Redis when the lease is not kept', async () => {
  const { gate, rooms } = await instance()
  const entry = firstOf(await roomOf(['late']))
  await rooms.summary(entry.scheduleId)
  await eventually(() => expect(gate.admitUntilMs).toBeLessThan(Date.now()))
  expect((await rooms.join(entry, ALWAYS)).status).toBe('WAITING')
  const round = await rooms.admit(entry.scheduleId, { ...ALWAYS, over: false }, 10)
  expect(round.admitted).toEqual([])
  await gate.keepLease()
  expect((await rooms.admit(entry.scheduleId, { ...ALWAYS, over: false }, 10)).admitted).toHaveLength(1)
})

test('who was let in by an instance that ended before it had noted it is noted by another one', async () => {
  const catalog = await startCatalog()
  const ended = await startQueueService(environment, catalog)
  const other = await startQueueService(environment, catalog)
  try {
    // Its admission, which was not written yet, is lost with it.
    Object.assign(ended.ctx.changes, { admitted: () => undefined })
    const scheduleId = catalog.addSchedule()
    const client = new QueueClient(ended)
    const joined = await client.join(scheduleId, 'unnoted')
    expect(joined.data).toMatchObject({ status: 'ACTIVE', sequence: 1 })
    expect(await notedSequences(pool, scheduleId)).toEqual([])
    await eventually(async () => expect(await notedSequences(pool, scheduleId)).toEqual([1]))
    const { rows } = await pool.query(
      `SELECT status, round(extract(epoch FROM active_until) * 1000)::bigint AS until FROM queue_tokens
       WHERE schedule_id = $1`,
      [scheduleId],
    )
    expect(rows).toEqual([{ status: 'ACTIVE', until: Date.parse(String(joined.data['expiresAt'])) }])
    await eventually(async () => {
      const log = await new QueueClient(other).call('GET', `/queue/schedules/${scheduleId}/fairness?from=1`)
      expect(log.data['log']).toMatchObject({ length: 1 })
    })
  } finally {
    await Promise.all([ended.stop(), other.stop()])
    await catalog.stop()
  }
}, 40_000)
