import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { freePorts } from '@frontrow/local-stack/ports'
import { createClient } from '@frontrow/postgres/pool'
import { inTransaction } from '@frontrow/postgres/transaction'
import { eventually } from '@frontrow/test-kit/eventually'
import { handOver } from '@frontrow/test-kit/hand-over'
import { createTestEnvironment, OUTAGE_DEADLINES } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { admitNext } from '../src/admission/admit-next.ts'
import { livesOf } from '../src/admission/no-shows.ts'
import { messageHandlers } from '../src/messages.ts'
import { EventReader } from '@frontrow/test-kit/event-reader'
import { logOf, readFairness } from './fairness-log.ts'
import { CuttableProxy } from './losable-redis.ts'
import { placeOf, startQueueInstances, steer, watchRoom } from './queue-instances.ts'
import type { QueueInstance, QueueInstances, SeenPlace } from './queue-instances.ts'
import { startCatalog } from './queue-under-test.ts'
import type { StandInCatalog } from './queue-under-test.ts'

// Who is let in and is not seen loses the place. Nobody polls here who is not to be seen: rows and the log tell what happened.

const SHOW_UP_MS = 3_000
const ACTIVE_MS = 8_000
const GONE = { code: 'QUEUE_TOKEN_INVALID' }

let environment: TestEnvironment
let catalog: StandInCatalog
let queues: QueueInstances
/** Instances on the same PostgreSQL that have no Redis. */
let withoutRedis: QueueInstances
const readers: EventReader[] = []

beforeAll(async () => {
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  const change = { SHOW_UP_MS: String(SHOW_UP_MS), ACTIVE_MS: String(ACTIVE_MS), ADMIT_EVERY_MS: '50' }
  const [nowhere] = await freePorts(1)
  const away = { ...change, REDIS_URL: `redis://127.0.0.1:${nowhere}` }
  queues = await startQueueInstances(environment, catalog, change)
  withoutRedis = await startQueueInstances(environment, catalog, away, { usesRedis: false })
})

afterEach(() => {
  for (const reader of readers.splice(0)) reader.close()
})

afterAll(async () => {
  await withoutRedis?.stop()
  await queues?.stop()
  await catalog?.stop()
  await environment?.dispose()
})

async function roomFor(maxActive: number): Promise<number> {
  const scheduleId = catalog.addSchedule()
  await steer(queues.at(0), scheduleId, { maxActive })
  return scheduleId
}

async function join(scheduleId: number, user: string, status: SeenPlace['status']): Promise<SeenPlace> {
  const place = placeOf(await queues.at(0).client.join(scheduleId, user))
  expect(place.status).toBe(status)
  return place
}

/** The mirror hears of an admission a moment after the row. */
function becomesActive(index: number, token: string): Promise<SeenPlace> {
  return eventually(async () => {
    const place = placeOf(await queues.at(index).client.place(token))
    expect(place.status).toBe('ACTIVE')
    return place
  })
}

async function statusesOf(scheduleId: number): Promise<string[]> {
  const { rows } = await queues
    .at(0)
    .ctx.pool.query<{ status: string }>(
      'SELECT status FROM queue_tokens WHERE schedule_id = $1 ORDER BY sequence',
      [scheduleId],
    )
  return rows.map(({ status }) => status)
}

async function listen(instance: QueueInstance, token: string): Promise<EventReader> {
  const url = `http://127.0.0.1:${instance.httpPort}/api/v1/queue/tokens/me/events`
  const reader = await EventReader.open(url, { 'queue-token': token })
  readers.push(reader)
  return reader
}

/** Has an instance handle the event of a hold that a place made. */
async function tellHold(instance: QueueInstance, place: SeenPlace, untilMs: number): Promise<void> {
  const { scheduleId, sequence } = place
  const value = {
    reservationId: randomUUID(),
    userId: 'fan',
    scheduleId,
    seatIds: [1],
    totalAmount: 1,
    expiresAt: new Date(untilMs).toISOString(),
    queuePlace: { sequence },
  }
  const message = {
    id: randomUUID(),
    type: 'ReservationHeld',
    source: '',
    time: new Date(),
    key: '',
    topic: '',
  }
  const handlers = messageHandlers(instance.ctx)
  await handOver(handlers, [{ ...message, traceparent: undefined, requestId: undefined, value }])
}

test('who is let in, straight with the join or by a round, and is not seen in time loses the slot to the next', async () => {
  const scheduleId = await roomFor(1)
  const straightIn = await join(scheduleId, 'straight-in', 'ACTIVE')
  const byRound = await join(scheduleId, 'by-round', 'WAITING')
  const last = await join(scheduleId, 'last', 'WAITING')
  await eventually(async () => expect(await statusesOf(scheduleId)).toEqual(['EXPIRED', 'EXPIRED', 'ACTIVE']))
  const { expiresAt, serverTime } = await becomesActive(1, last.token)
  expect(expiresAt - serverTime).toBeGreaterThan(ACTIVE_MS - SHOW_UP_MS)
  for (const instance of queues.all) {
    expect(await instance.client.place(straightIn.token)).toMatchObject(GONE)
    expect(await instance.client.place(byRound.token)).toMatchObject(GONE)
  }

  const { entries } = await readFairness(queues.at(2), scheduleId, 1)
  expect(entries.map(({ kind, sequence }) => [kind, sequence])).toEqual([
    ['ADMITTED', straightIn.sequence],
    ['NO_SHOW', straightIn.sequence],
    ['ADMITTED', byRound.sequence],
    ['NO_SHOW', byRound.sequence],
    ['ADMITTED', last.sequence],
  ])
  // The ends in the log are no admissions.
  expect(await watchRoom(queues.at(0), scheduleId)).toMatchObject({ admitted: 3 })
  for (const [index, entry] of entries.entries()) {
    if (entry.kind === 'ADMITTED') continue
    const admittedAt = entries[index - 1]?.admittedAt
    expect(entry).toMatchObject({ admittedAt, allowedMs: SHOW_UP_MS })
    const stayedMs = Date.parse(entry.endedAt) - Date.parse(entry.admittedAt)
    expect(stayedMs).toBeGreaterThanOrEqual(SHOW_UP_MS)
    // A busy machine may make its rounds late.
    expect(stayedMs).toBeLessThan(ACTIVE_MS)
    // The statement that ends the place lets the next one in.
    expect(entries[index + 1]?.admittedAt).toBe(entry.endedAt)
  }
})

test('an admission in a PostgreSQL that hung after it gave the lock calls nobody a no-show: nobody has told it yet who was seen', async () => {
  const scheduleId = await roomFor(1)
  const { sequence } = await join(scheduleId, 'seen-meanwhile', 'ACTIVE')
  const always = { opensAtMs: 0, endsAtMs: Date.now() + 3_600_000, over: false }
  const { ctx } = queues.at(0)
  const expired = await inTransaction(ctx.pool, async (tx) => {
    await tx.query('SELECT FROM rooms WHERE schedule_id = $1 FOR NO KEY UPDATE', [scheduleId])
    // Nothing can be done to the room meanwhile, as in a server that stands still.
    await eventually(async () => {
      const { rows } = await tx.query<{ isOver: boolean }>(
        'SELECT show_up_by <= clock_timestamp() AS "isOver" FROM queue_tokens WHERE schedule_id = $1 AND sequence = $2',
        [scheduleId, sequence],
      )
      expect(rows).toEqual([{ isOver: true }])
    })
    return (await admitNext(tx, scheduleId, always, { ...livesOf(ctx), endsNoShows: true }, 10)).expired
  })
  expect(expired).toBe(0)
})

test('a poll, a stream, a VerifyToken, a hold or a reissue in time keeps the place to the end of ACTIVE_MS, over whichever instance it comes', async () => {
  const ways: Record<string, (place: SeenPlace, user: string) => Promise<unknown>> = {
    poll: ({ token }) => queues.at(1).client.place(token),
    stream: async ({ token }) => (await listen(queues.at(2), token)).event(1),
    verify: ({ token }) => queues.at(1).verify({ token }),
    hold: (place) => tellHold(queues.at(2), place, 0),
    reissue: ({ scheduleId }, user) => queues.at(1).client.reissue(scheduleId, user),
    'poll without Redis': ({ token }) => withoutRedis.at(0).client.place(token),
    'stream without Redis': async ({ token }) => (await listen(withoutRedis.at(1), token)).event(1),
    'verify without Redis': ({ token }) => withoutRedis.at(2).verify({ token }),
  }
  const users = Object.keys(ways)
  const scheduleId = await roomFor(users.length + 1)
  const places = await Promise.all(
    Object.entries(ways).map(async ([user, show]) => {
      const place = await join(scheduleId, user, 'ACTIVE')
      await show(place, user)
      return place
    }),
  )
  const unseen = await join(scheduleId, 'unseen', 'ACTIVE')
  await join(scheduleId, 'next', 'WAITING')
  for (const reader of readers.splice(0)) reader.close()

  // When the one behind them has lost its slot, their time to show up is over too.
  const shownUp = users.map(() => 'ACTIVE')
  await eventually(async () => {
    expect(await statusesOf(scheduleId)).toEqual([...shownUp, 'EXPIRED', 'ACTIVE'])
  })
  const [first] = places
  expect((await queues.at(2).client.place(first?.token)).data['status']).toBe('ACTIVE')
  const { rows } = await queues.at(0).ctx.pool.query<{ stays: number; ends: number }>(
    `SELECT count(*) FILTER (WHERE active_until = activated_at + make_interval(secs => $2 / 1000.0)) AS stays, count(*) AS ends
     FROM queue_tokens WHERE schedule_id = $1 AND sequence < $3`,
    [scheduleId, ACTIVE_MS, unseen.sequence],
  )
  expect(rows).toEqual([{ stays: users.length, ends: users.length }])

  // Nobody extended them, so they end by their deadline, which is no end that the log has to justify.
  await eventually(async () =>
    expect((await statusesOf(scheduleId)).slice(0, -1)).toEqual([...shownUp, ''].map(() => 'EXPIRED')),
  )
  const ends = (await logOf(queues.at(1), scheduleId)).filter((entry) => !entry.startsWith('ADMITTED'))
  expect(ends[0]).toBe(`NO_SHOW ${unseen.sequence}`)
  for (const { sequence } of places) expect(ends).not.toContain(`NO_SHOW ${sequence}`)
})

test('a stream that waited before the admission shows up by it', async () => {
  const scheduleId = await roomFor(1)
  const first = await join(scheduleId, 'first', 'ACTIVE')
  const listens = await join(scheduleId, 'listens', 'WAITING')
  await join(scheduleId, 'next', 'WAITING')
  const reader = await listen(queues.at(1), listens.token)
  await queues.at(0).client.leave(first.token)
  const admitted = await eventually(() => {
    const event = reader.events.at(-1)
    expect(event?.data['status']).toBe('ACTIVE')
    return event
  })
  reader.close()
  // A later room's no-show tells that the time to show up is over.
  const later = await roomFor(1)
  await join(later, 'unseen', 'ACTIVE')
  await eventually(async () => expect(await statusesOf(later)).toEqual(['EXPIRED']))
  expect(await statusesOf(scheduleId)).toEqual(['LEFT', 'ACTIVE', 'WAITING'])
  expect(placeOf(await queues.at(2).client.place(listens.token)).expiresAt).toBe(
    Date.parse(String(admitted?.data['expiresAt'])),
  )
})

test('what comes too late is refused, also before any round has ended the place', async () => {
  const { pool } = queues.at(0).ctx
  const scheduleId = await roomFor(1)
  const late = await join(scheduleId, 'late', 'ACTIVE')
  await join(scheduleId, 'next', 'WAITING')
  await inTransaction(pool, async (tx) => {
    // No round can end the place while this transaction has the lock of the room.
    await tx.query('SELECT FROM rooms WHERE schedule_id = $1 FOR UPDATE', [scheduleId])
    await eventually(async () => {
      const { rows } = await tx.query<{ isLate: boolean }>(
        'SELECT show_up_by <= clock_timestamp() AS "isLate" FROM queue_tokens WHERE schedule_id = $1 AND user_id = $2',
        [scheduleId, 'late'],
      )
      expect(rows).toEqual([{ isLate: true }])
    })
    for (const instance of [...queues.all, ...withoutRedis.all]) {
      expect(await instance.client.place(late.token)).toMatchObject({ status: 401, ...GONE })
      await expect(instance.verify({ token: late.token })).rejects.toMatchObject(GONE)
      const reader = await listen(instance, late.token)
      expect(reader.status).toBe(401)
    }
    expect(await watchRoom(queues.at(1), scheduleId)).toMatchObject({ active: 0, waiting: 1 })
    expect(await statusesOf(scheduleId)).toEqual(['ACTIVE', 'WAITING'])
  })
  await tellHold(queues.at(1), late, Date.now() + 60_000)
  await eventually(async () => expect(await statusesOf(scheduleId)).toEqual(['EXPIRED', 'ACTIVE']))
  expect(await queues.at(2).client.reissue(scheduleId, 'late')).toMatchObject({
    code: 'QUEUE_TOKEN_NOT_FOUND',
  })
})

test('who lost the place joins again at once, behind those who wait', async () => {
  const scheduleId = await roomFor(1)
  const lost = await join(scheduleId, 'lost', 'ACTIVE')
  const second = await join(scheduleId, 'second', 'WAITING')
  const third = await join(scheduleId, 'third', 'WAITING')
  await eventually(async () => expect(await statusesOf(scheduleId)).toEqual(['EXPIRED', 'ACTIVE', 'WAITING']))
  await becomesActive(1, second.token)
  const again = placeOf(await queues.at(2).client.join(scheduleId, 'lost'))
  expect(again).toMatchObject({ status: 'WAITING', queuePosition: 2 })
  expect(again.sequence).toBeGreaterThan(third.sequence)
  expect(await queues.at(0).client.place(lost.token)).toMatchObject(GONE)
})

test('who shows up while PostgreSQL is away keeps the place, though PostgreSQL hears of it after the time to show up', async () => {
  const own = await createTestEnvironment()
  const direct = new URL(own.databaseUrl('queue'))
  const proxy = await CuttableProxy.to(Number(direct.port))
  const url = new URL(direct)
  url.port = new URL(proxy.url).port
  const settings = {
    ...OUTAGE_DEADLINES,
    SHOW_UP_MS: '3000',
    ACTIVE_MS: '60000',
    ADMIT_EVERY_MS: '50',
    DATABASE_URL: url.href,
  }
  const instances = await startQueueInstances(own, catalog, settings)
  const database = createClient(direct.href, 'test')
  await database.connect()
  const placesIn = async (scheduleId: number) => {
    const { rows } = await database.query<{ status: string; isLate: boolean | null }>(
      `SELECT status, show_up_by <= clock_timestamp() AS "isLate" FROM queue_tokens WHERE schedule_id = $1 ORDER BY sequence`,
      [scheduleId],
    )
    return rows
  }
  try {
    const scheduleId = catalog.addSchedule()
    await steer(instances.at(0), scheduleId, { maxActive: 2 })
    const comes = placeOf(await instances.at(0).client.join(scheduleId, 'comes'))
    const staysAway = placeOf(await instances.at(0).client.join(scheduleId, 'stays-away'))
    expect([comes.status, staysAway.status]).toEqual(['ACTIVE', 'ACTIVE'])
    proxy.cut()
    expect((await instances.at(1).client.place(comes.token)).data['status']).toBe('ACTIVE')
    await eventually(async () => {
      expect(await placesIn(scheduleId)).toEqual([1, 2].map(() => ({ status: 'ACTIVE', isLate: true })))
    })
    for (const { client } of instances.all) {
      expect((await client.place(comes.token)).data['status']).toBe('ACTIVE')
    }
    proxy.mend()
    await eventually(async () => {
      expect(await placesIn(scheduleId)).toEqual([
        { status: 'ACTIVE', isLate: null },
        { status: 'EXPIRED', isLate: true },
      ])
    })
    for (const { client } of instances.all) {
      expect((await client.place(comes.token)).data['status']).toBe('ACTIVE')
      expect(await client.place(staysAway.token)).toMatchObject(GONE)
    }
  } finally {
    await database.end()
    await instances.stop()
    proxy.close()
    await own.dispose()
  }
})

test('who is seen while a single connection to PostgreSQL breaks keeps the place', async () => {
  const { pool } = queues.at(0).ctx
  const scheduleId = await roomFor(1)
  await eventually(() => expect(queues.at(0).ctx.noShowGrace.isOver).toBe(true))
  const { token } = await join(scheduleId, 'seen-once', 'ACTIVE')
  const looks = inTransaction(pool, async (tx) => {
    await tx.query('SELECT FROM rooms WHERE schedule_id = $1 FOR UPDATE', [scheduleId])
    const look = queues.at(0).client.place(token)
    // The note of it waits for the lock of the room, until its connection breaks.
    await eventually(
      async () => {
        const { rows } = await pool.query(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pg_backend_pid() <> pid AND $1 = ANY (pg_blocking_pids(pid))',
          [(await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid],
        )
        expect(rows).toHaveLength(1)
      },
      { everyMs: 10 },
    )
    return look
  })
  expect((await looks).data['status']).toBe('ACTIVE')
  await eventually(async () => {
    const { rows } = await pool.query('SELECT status, show_up_by FROM queue_tokens WHERE schedule_id = $1', [
      scheduleId,
    ])
    expect(rows).toEqual([{ status: 'ACTIVE', show_up_by: null }])
  })
})

test('the log calls nobody a no-show whose deadline passed while it was not known who had been seen', async () => {
  const { pool } = queues.at(0).ctx
  const scheduleId = await roomFor(1)
  const { sequence } = await join(scheduleId, 'seen-in-an-outage', 'ACTIVE')
  const instances = [...queues.all, ...withoutRedis.all]
  for (const { ctx } of instances) ctx.noShowGrace.noteOutage()
  await pool.query(
    `WITH room AS (UPDATE rooms SET version = version + 1 WHERE schedule_id = $1 RETURNING version)
     UPDATE queue_tokens SET activated_at = now() - interval '9 s', show_up_by = now() - interval '2 s',
       active_until = now() - interval '1 s', version = room.version
     FROM room WHERE schedule_id = $1`,
    [scheduleId],
  )
  await eventually(async () => expect(await statusesOf(scheduleId)).toEqual(['EXPIRED']))
  expect(instances.some(({ ctx }) => ctx.noShowGrace.isOver)).toBe(false)
  const { entries } = await readFairness(queues.at(0), scheduleId, 1)
  expect(entries.map((entry) => [entry.kind, entry.sequence])).toEqual([['ADMITTED', sequence]])
})

test('an instance that took a place for over by its deadline takes it for good again where it was extended', async () => {
  const { pool } = queues.at(0).ctx
  const scheduleId = await roomFor(1)
  const { token } = await join(scheduleId, 'extended', 'ACTIVE')
  const endsIn = (ms: number) =>
    pool.query(
      `UPDATE queue_tokens SET show_up_by = NULL, active_until = now() + make_interval(secs => $2 / 1000.0), version = version + 1
       WHERE schedule_id = $1`,
      [scheduleId, ms],
    )
  await inTransaction(pool, async (tx) => {
    // No round can end the place while this transaction has the lock of the room.
    await tx.query('SELECT FROM rooms WHERE schedule_id = $1 FOR UPDATE', [scheduleId])
    // To a clock that is ahead of PostgreSQL's by a moment the place looks over, until the event of a hold comes.
    await endsIn(-500)
    const instance = withoutRedis.at(0)
    expect(await instance.client.place(token)).toMatchObject(GONE)
    await endsIn(60_000)
    expect((await instance.client.place(token)).data['status']).toBe('ACTIVE')
    expect(await instance.verify({ token })).toMatchObject({ scheduleId })
  })
})
