import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { isDatabaseUnavailable } from '@frontrow/postgres/errors'
import type { Pool } from '@frontrow/postgres/pool'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { Redis } from 'ioredis'
import { checkAdmissions } from '../src/admission/check-admissions.ts'
import { drawOrder } from '../src/fairness/draw-order.ts'
import { hashToken } from '../src/places/token-value.ts'
import { roomKey, tokenKey } from '../src/redis-room/room-scripts.ts'
import { logOf, verifyFairness } from './fairness-log.ts'
import { fillRoom, inMinutes, OldDatabase, tokenOf } from './old-database.ts'
import type { OldPlace } from './old-database.ts'
import {
  connectOldInstance,
  lockLapsedLease,
  lockRoomForAdmission,
  logAdmissions,
  noteAdmission,
  oldChanges,
  renewLease,
  takeLease,
} from './old-instance.ts'
import type { OldAdmission } from './old-instance.ts'
import { placeOf, startQueueInstances } from './queue-instances.ts'
import type { QueueInstances, SeenPlace } from './queue-instances.ts'
import { startCatalog } from './queue-under-test.ts'
import type { QueueClient, StandInCatalog } from './queue-under-test.ts'

const LEASE_MS = 3_000
const HOUR_MS = 3_600_000
const MAX_ACTIVE = 4
const LOCK_TIMEOUT = '55P03'
const UNDEFINED_TABLE = '42P01'
const DEADLOCK = '40P01'

// Room RUNNING lets people in. Places 3 and 4 were extended by holds again and again; nobody has noted that the time of 3 is over.
// Place 6 joined through an instance that could not write to Redis, so that 7 was let in before it. Place 8 is let in while the
// migration waits.
const RUNNING = 1
const OPENS_LATER = 2
const HALF_DRAWN = 3
const NOBODY_WAITS = 4

const runningPlaces: OldPlace[] = [
  { sequence: 1, status: 'USED', joined: -30, activated: -25, until: -20 },
  { sequence: 2, status: 'LEFT', joined: -30 },
  { sequence: 3, status: 'ACTIVE', joined: -30, activated: -24, until: -1 },
  { sequence: 4, status: 'ACTIVE', joined: -29, activated: -20, until: 5 },
  { sequence: 5, status: 'ACTIVE', joined: -28, activated: -2, until: 3 },
  { sequence: 6, status: 'WAITING', joined: -4 },
  { sequence: 7, status: 'WAITING', joined: -3 },
  { sequence: 8, status: 'WAITING', joined: -2 },
  { sequence: 9, status: 'LEFT', joined: -2 },
  { sequence: 10, status: 'WAITING', joined: -2 },
  { sequence: 11, status: 'WAITING', joined: -2 },
  { sequence: 12, status: 'WAITING', joined: -2 },
]

const admission = (scheduleId: number, sequence: number, minutes: number, active = 1): OldAdmission => ({
  scheduleId,
  sequence,
  enteredAt: inMinutes(minutes - 1),
  admittedAt: inMinutes(minutes),
  active,
  maxActive: MAX_ACTIVE,
  admitPerSecond: 50,
})

let environment: TestEnvironment
let database: OldDatabase
let old: Pool
let catalog: StandInCatalog
let redis: Redis
let queues: QueueInstances
let client: QueueClient
/** What was seen while the migration ran. */
let upgrade: Awaited<ReturnType<typeof upgradeBesideAnOldInstance>>
let roomsAfterMigration: unknown[]

beforeAll(async () => {
  environment = await createTestEnvironment()
  database = await OldDatabase.make(environment)
  old = connectOldInstance(environment.databaseUrl('queue'))
  redis = new Redis(environment.redisUrl)
  catalog = await startCatalog()
  catalog.addSchedule()
  catalog.addSchedule({ bookingOpenAtMs: Date.now() + HOUR_MS })
  catalog.addSchedule()
  catalog.addSchedule()
  await fillRooms()
  await fillOldRedis()
  upgrade = await upgradeBesideAnOldInstance()
  roomsAfterMigration = await readRooms()
  queues = await startQueueInstances(environment, catalog, { ADMIT_EVERY_MS: '50' })
  client = queues.at(0).client
})

afterAll(async () => {
  await queues?.stop()
  await catalog?.stop()
  redis?.disconnect()
  await old?.end()
  await database?.stop()
  await environment?.dispose()
})

async function fillRooms(): Promise<void> {
  const db = database.admin
  const drawnRoom = { maxActive: MAX_ACTIVE, earlyEntries: 0, drawn: true }
  await fillRoom(db, { ...drawnRoom, scheduleId: RUNNING, lastSequence: 12 }, runningPlaces)
  await logAdmissions(db, [
    admission(RUNNING, 1, -25),
    admission(RUNNING, 3, -24, 2),
    admission(RUNNING, 4, -20, 2),
    admission(RUNNING, 5, -2, 2),
  ])
  // The log has this one already: the instance that noted it had not heard that its first try succeeded.
  await noteAdmission(old, admission(RUNNING, 3, -24, 2), inMinutes(-1))
  await noteAdmission(old, admission(RUNNING, 7, -1, 3), inMinutes(4))
  await db.query(`INSERT INTO handed_over_places VALUES ($1, 6), ($1, 0)`, [RUNNING])

  const early = (sequence: number): OldPlace => ({ sequence, status: 'WAITING', joined: -10 })
  await fillRoom(
    db,
    { scheduleId: OPENS_LATER, maxActive: MAX_ACTIVE, lastSequence: 3, earlyEntries: null, drawn: false },
    [early(1), { ...early(2), status: 'LEFT' }, early(3)],
  )
  await fillRoom(
    db,
    { scheduleId: HALF_DRAWN, maxActive: 2, lastSequence: 13, earlyEntries: 6, drawn: false },
    [1, 2, 3, 4, 5, 6, 13].map(early),
  )
  // The instance that made the draw has moved the first three, and keeps its claim for some seconds more.
  const order = await drawnOrder()
  for (const [rank, entry] of order.slice(0, 3).entries()) {
    await db.query(`UPDATE queue_tokens SET sequence = $2 WHERE schedule_id = $1 AND sequence = $3`, [
      HALF_DRAWN,
      6 + rank + 1,
      entry,
    ])
  }
  await db.query(`INSERT INTO draws VALUES ($1, gen_random_uuid(), now() + interval '15 seconds')`, [
    HALF_DRAWN,
  ])

  await fillRoom(db, { ...drawnRoom, scheduleId: NOBODY_WAITS, lastSequence: 3 }, [
    { sequence: 1, status: 'USED', joined: -30, activated: -25, until: -20 },
    { sequence: 2, status: 'ACTIVE', joined: -30, activated: -4, until: 9 },
    { sequence: 3, status: 'LEFT', joined: -30 },
  ])
  await logAdmissions(db, [admission(NOBODY_WAITS, 1, -25), admission(NOBODY_WAITS, 2, -4, 2)])
  await noteAdmission(old, admission(NOBODY_WAITS, 1, -25), inMinutes(-20))
}

/** The entries of room HALF_DRAWN in the order of its draw. */
async function drawnOrder(): Promise<number[]> {
  const { rows } = await database.admin.query<{ seed: Buffer }>(
    `SELECT seed FROM rooms WHERE schedule_id = $1`,
    [HALF_DRAWN],
  )
  return drawOrder(rows[0]?.seed ?? Buffer.alloc(0), HALF_DRAWN, 6)
}

/** The keys of the room RUNNING as scripts of that version wrote them, with a line that PostgreSQL knows nothing of. */
async function fillOldRedis(): Promise<void> {
  const epoch = 'run-id:store-16384:3'
  const user = (sequence: number): string => `user-${RUNNING}-${sequence}`
  await redis.set('queue:epoch', epoch)
  await redis.hset('queue:busy', RUNNING, Date.now(), 99, Date.now())
  const limits = { maxActive: 1_000, admitPerSecond: 1_000, paused: 0 }
  await redis.hset(roomKey(RUNNING, 'room'), { epoch, version: 7, lastAdmitted: 8, drawn: 1, ...limits })
  for (const [score, sequence] of [12, 11, 5].entries()) {
    const { digest } = hashToken(tokenOf(RUNNING, sequence))
    await redis.zadd(roomKey(RUNNING, 'waiting'), score, user(sequence))
    await redis.zadd(roomKey(RUNNING, 'seen'), Date.now(), user(sequence))
    await redis.hset(roomKey(RUNNING, 'tokens'), user(sequence), `${digest}:${sequence}:${Date.now()}`)
    await redis.set(tokenKey(digest), `${RUNNING}:${user(sequence)}`)
  }
  await redis.zadd(roomKey(RUNNING, 'active'), Date.now() + HOUR_MS, user(10))
  await redis.zadd(roomKey(RUNNING, 'admissions'), Date.now(), `10:${Date.now()}:${Date.now()}:1:4:50`)
  await redis.hset(roomKey(RUNNING, 'predictions'), user(10), `20:${Date.now()}`)
}

/** Migrates while an old instance keeps its lease and lets somebody in. */
async function upgradeBesideAnOldInstance() {
  const generation = (await takeLease(old, 'run-id', LEASE_MS)) ?? 0
  let heldUntil = await renewLease(old, generation, LEASE_MS)
  let isMigrated = false
  const migration = database.migrate().then(async () => {
    isMigrated = true
    return clock()
  })
  let refusal: unknown
  while (refusal === undefined) {
    try {
      heldUntil = await renewLease(old, generation, LEASE_MS)
    } catch (error) {
      refusal = error
    }
  }
  await eventually(async () => expect((await clock()).getTime()).toBeGreaterThan(heldUntil.getTime()))
  const wasMigratedEarly = isMigrated
  const lastMomentOfAdmission = new Date(heldUntil.getTime() - 1_000)
  await noteAdmission(
    old,
    { ...admission(RUNNING, 8, 0, 4), admittedAt: lastMomentOfAdmission },
    inMinutes(5),
  )
  return { generation, heldUntil, refusal, wasMigratedEarly, migratedAt: await migration }
}

async function clock(): Promise<Date> {
  const { rows } = await old.query<{ now: Date }>('SELECT clock_timestamp() AS now')
  return rows[0]?.now ?? new Date(0)
}

async function readRooms(): Promise<unknown[]> {
  const { rows } = await database.admin.query<object>(
    `SELECT waiting, last_admitted AS "lastAdmitted", log_length AS "logLength", version, drawn_at IS NOT NULL AS drawn
     FROM rooms ORDER BY schedule_id`,
  )
  return rows
}

async function readPlaces(scheduleId: number): Promise<unknown[]> {
  const { rows } = await database.admin.query<object>(
    `SELECT * FROM queue_tokens WHERE schedule_id = $1 ORDER BY sequence`,
    [scheduleId],
  )
  return rows
}

const place = async (scheduleId: number, sequence: number): Promise<SeenPlace> =>
  placeOf(await client.place(tokenOf(scheduleId, sequence)))

const standing = ({ status, sequence, queuePosition }: SeenPlace): unknown[] => [
  status,
  sequence,
  queuePosition,
]

test('old instances lose the lease, and have a second after its end to write down whom they let in', async () => {
  const { generation, heldUntil, refusal, wasMigratedEarly, migratedAt } = upgrade
  expect(refusal).toMatchObject({ code: LOCK_TIMEOUT })
  expect(wasMigratedEarly).toBe(false)
  expect(migratedAt.getTime()).toBeGreaterThanOrEqual(heldUntil.getTime() + 1_000)
  await expect(renewLease(old, generation, LEASE_MS)).rejects.toMatchObject({ code: UNDEFINED_TABLE })
  await expect(takeLease(old, 'run-id', LEASE_MS)).rejects.toMatchObject({ code: UNDEFINED_TABLE })
  await expect(lockLapsedLease(old)).rejects.toMatchObject({ code: UNDEFINED_TABLE })
})

test('rooms are carried over with what is counted of them', async () => {
  const firstUnmoved = Math.min(...(await drawnOrder()).slice(3))
  expect(roomsAfterMigration).toEqual([
    { waiting: 4, lastAdmitted: 5, logLength: 6, version: 8, drawn: true },
    { waiting: 2, lastAdmitted: 0, logLength: 0, version: 8, drawn: false },
    { waiting: 7, lastAdmitted: firstUnmoved - 1, logLength: 0, version: 8, drawn: false },
    { waiting: 0, lastAdmitted: 2, logLength: 2, version: 8, drawn: true },
  ])
})

test.each([
  ['join', OPENS_LATER],
  ['leave', OPENS_LATER],
  ['reissue', OPENS_LATER],
  ['round of admission', OPENS_LATER],
  ['hold', NOBODY_WAITS],
] as const)(
  'an instance that was not stopped is told at a %s that the database is away, and changes nothing',
  async (name, scheduleId) => {
    const before = await readPlaces(scheduleId)
    const error: unknown = await oldChanges[name](old, scheduleId).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ message: expect.stringContaining('without the version') })
    expect(isDatabaseUnavailable(error)).toBe(true)
    expect(await readPlaces(scheduleId)).toEqual(before)
  },
)

test('every place is served where it stood, and nobody is told another end', async () => {
  for (const [sequence, minutes] of [
    [4, 5],
    [5, 3],
    [7, 4],
    [8, 5],
  ] as const) {
    const { status, expiresAt } = await place(RUNNING, sequence)
    expect([sequence, status, expiresAt]).toEqual([sequence, 'ACTIVE', inMinutes(minutes).getTime()])
  }
  for (const [index, sequence] of [6, 10, 11, 12].entries()) {
    expect(standing(await place(RUNNING, sequence))).toEqual(['WAITING', sequence, index + 1])
  }
  expect(standing(await place(OPENS_LATER, 1))).toEqual(['WAITING', 1, 1])
  expect(standing(await place(OPENS_LATER, 3))).toEqual(['WAITING', 3, 2])
})

test.each([
  [RUNNING, 1],
  [RUNNING, 2],
  [RUNNING, 3],
  [RUNNING, 9],
  [OPENS_LATER, 2],
  [NOBODY_WAITS, 1],
])('a place that was over stays over: %i, %i', async (scheduleId, sequence) => {
  expect((await client.place(tokenOf(scheduleId, sequence))).code).toBe('QUEUE_TOKEN_INVALID')
})

test('who leaves makes room for the next one in the order of places, and who comes stands behind all', async () => {
  for (const [leaver, next] of [
    [5, 6],
    [7, 10],
  ] as const) {
    expect((await client.leave(tokenOf(RUNNING, leaver))).status).toBe(204)
    await eventually(async () => expect(standing(await place(RUNNING, next))).toEqual(['ACTIVE', next, 0]))
    expect(standing(await place(RUNNING, 12))).toEqual(['WAITING', 12, next === 6 ? 3 : 2])
  }
  expect(standing(placeOf(await client.join(RUNNING, 'latecomer')))).toEqual(['WAITING', 13, 3])
  expect(standing(placeOf(await client.join(OPENS_LATER, 'latecomer')))).toEqual(['WAITING', 4, 3])
  expect(standing(placeOf(await client.join(NOBODY_WAITS, 'latecomer')))).toEqual(['ACTIVE', 4, 0])
})

test('a draw that stood in the middle is finished by the same order', async () => {
  const order = await drawnOrder()
  await eventually(async () => {
    const places = await Promise.all(order.map((entry) => place(HALF_DRAWN, entry)))
    expect(places.map(standing)).toEqual([
      ['ACTIVE', 7, 0],
      ['ACTIVE', 8, 0],
      ['WAITING', 9, 1],
      ['WAITING', 10, 2],
      ['WAITING', 11, 3],
      ['WAITING', 12, 4],
    ])
  })
  expect(standing(await place(HALF_DRAWN, 13))).toEqual(['WAITING', 13, 5])
  const verdict = await verifyFairness(queues.at(0), HALF_DRAWN, '--entry', `${order[0]}:7`)
  expect(verdict).toMatchObject({ code: 0, output: expect.stringContaining('fair') })
})

test('the log is one chain over old admissions, those that were only noted, and new ones', async () => {
  expect(await logOf(queues.at(0), RUNNING)).toEqual(
    [1, 3, 4, 5, 7, 8, 6, 10].map((sequence) => `ADMITTED ${sequence}`),
  )
  for (const scheduleId of [RUNNING, NOBODY_WAITS]) {
    expect(await verifyFairness(queues.at(0), scheduleId)).toMatchObject({ code: 0 })
  }
  expect(await checkAdmissions(old)).toMatchObject({ violationCount: 0 })
})

test('what an old service left in Redis is not believed', async () => {
  const { epoch, source } = await redis.hgetall(roomKey(RUNNING, 'room'))
  expect({ epoch, hasSource: source !== undefined }).toEqual({ epoch: undefined, hasSource: true })
  const { rows } = await old.query<{ userId: string }>(
    `SELECT user_id AS "userId" FROM queue_tokens WHERE schedule_id = $1 AND status = 'WAITING' ORDER BY sequence`,
    [RUNNING],
  )
  expect(await redis.zrange(roomKey(RUNNING, 'waiting'), '0', '-1')).toEqual(rows.map(({ userId }) => userId))
})

test('a round of an old instance that lets people in from PostgreSQL gives way to the migration', async () => {
  const otherEnvironment = await createTestEnvironment({ topics: false })
  const otherDatabase = await OldDatabase.make(otherEnvironment)
  const otherOld = connectOldInstance(otherEnvironment.databaseUrl('queue'))
  try {
    await fillRoom(
      otherDatabase.admin,
      { scheduleId: 1, maxActive: 1, lastSequence: 1, earlyEntries: 0, drawn: true },
      [{ sequence: 1, status: 'WAITING', joined: -1 }],
    )
    const round = await otherOld.connect()
    await round.query('BEGIN')
    await lockRoomForAdmission(round, 1)
    const migration = otherDatabase.migrate()
    try {
      await eventually(async () => {
        const { rowCount } = await otherOld.query(
          `SELECT FROM pg_locks WHERE relation = 'rooms'::regclass AND mode = 'AccessExclusiveLock' AND NOT granted`,
        )
        expect(rowCount).toBe(1)
      })
      await expect(lockLapsedLease(round)).rejects.toMatchObject({ code: DEADLOCK })
    } finally {
      round.release(true)
    }
    expect(await migration).toContain('0005_one_decider.sql')
  } finally {
    await otherOld.end()
    await otherDatabase.stop()
    await otherEnvironment.dispose()
  }
})
