import { afterEach, describe, expect, test } from '@jest/globals'
import { toHeaders } from '@frontrow/messaging/envelope'
import { createKafka, createProducer } from '@frontrow/messaging/kafka'
import { topics } from '@frontrow/proto/topics'
import { createLogger } from '@frontrow/service-host/logger'
import { eventually } from '@frontrow/test-kit/eventually'
import { openPatientPool } from '@frontrow/test-kit/patient-pool'
import { uuidv7 } from 'uuidv7'
import { keepFromHolding } from './keep-from-holding.ts'
import { startReservationProcess } from './reservation-process.ts'
import { startInstance, startRunningService } from './running-service.ts'
import type { RunningService } from './running-service.ts'

const ASYNC = { prefer: 'respond-async' }

let running: RunningService
const stops: (() => Promise<unknown>)[] = []

async function start(env: Record<string, string>, topicsMade = true): Promise<void> {
  running = await startRunningService({ env: { SWEEP_EVERY_MS: '100', ...env }, topics: topicsMade })
}

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
  await running.stop()
})

interface EndedJob {
  jobId: string
  userId: string
  status: string
  code: string | null
  reservationId: string | null
  attempts: number
  /** In seconds. */
  endedAt: number
}

/** All jobs in the order in which they were accepted. */
async function jobs(): Promise<EndedJob[]> {
  const { rows } = await running.db.query<EndedJob>(
    `SELECT job_id AS "jobId", user_id AS "userId", status, attempts, error ->> 'code' AS code,
       result ->> 'reservationId' AS "reservationId", extract(epoch FROM completed_at)::float8 AS "endedAt"
     FROM jobs ORDER BY job_number`,
  )
  return rows
}

const ended = (count: number): Promise<EndedJob[]> =>
  eventually(async () => {
    const all = await jobs()
    expect(all.map(({ status }) => status).filter((status) => /completed|failed/.test(status))).toHaveLength(
      count,
    )
    return all
  })

/** They ended in the order in which they were accepted; up to 32 neighbours are run at once, and may end in any. */
function expectInOrder(all: readonly EndedJob[]): void {
  for (const [place, { endedAt }] of all.entries()) {
    expect(all.slice(0, Math.max(0, place - 31)).filter((job) => job.endedAt > endedAt)).toEqual([])
  }
}

/** The reservations that were ever made, in their order. */
async function reservations(): Promise<{ reservation_id: string; user_id: string; status: string }[]> {
  const { rows } = await running.db.query<{ reservation_id: string; user_id: string; status: string }>(
    'SELECT reservation_id, user_id, status FROM reservations ORDER BY reservation_id',
  )
  return rows
}

async function accept(userId: string, body: object, port?: number): Promise<string> {
  const { status, data } = await running.call(userId, 'POST', '/reservations', {
    body,
    headers: ASYNC,
    ...(port === undefined ? {} : { port }),
  })
  expect(status).toBe(202)
  return String(data.jobId)
}

/** Waits until so many holds wait for the lock of a person, each alone: one that shares its statement gives up after 50 ms and waits anew. */
const holdsInWaiting = (count: number): Promise<void> =>
  eventually(async () => {
    const { rows } = await running.db.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory' AND query LIKE '%hold_seats%'
         AND query_start < clock_timestamp() - interval '100 milliseconds'`,
    )
    expect(rows).toHaveLength(count)
  })

/** An instance that is killed at the end of the test at the latest. */
async function startProcess(env: Record<string, string>): ReturnType<typeof startReservationProcess> {
  const started = await startReservationProcess(running, env)
  stops.push(started.kill)
  return started
}

describe('a worker that is killed in mid job', () => {
  const quick = { JOB_ATTEMPT_MS: '500' }

  test('before its hold is made: another one makes it within seconds, and those behind it follow in their order', async () => {
    await start({})
    await running.service.stop()
    const { port, kill } = await startProcess({})
    const release = await keepFromHolding(running.db, '1', 1)
    for (const _ of ['first', 'second', 'third']) await accept('1', { scheduleId: 1, quantity: 1 }, port)
    await holdsInWaiting(1)
    await kill()
    // Its connections go on without it, so the database ends them as if their machine was gone.
    await running.db.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND query LIKE '%hold_seats%' AND pid <> pg_backend_pid()`,
    )
    await release()
    const killedAt = performance.now()
    expect(await reservations()).toEqual([])
    const next = await startInstance(running.environment, running.neighbours, { SWEEP_EVERY_MS: '100' })
    stops.push(() => next.stop())
    const all = await ended(3)
    // The 3 s for which the job belonged to the dead one, and room for a busy machine.
    expect(performance.now() - killedAt).toBeLessThan(30_000)
    expect(all.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed'])
    expect(all[0]?.attempts).toBeGreaterThan(1)
    expect((await reservations()).map(({ reservation_id: id }) => id)).toEqual(
      all.map(({ reservationId }) => reservationId),
    )
  })

  test('after its hold was made: the job ends with that hold, and there is no second one', async () => {
    await start(quick)
    await running.service.stop()
    const { port, kill } = await startProcess(quick)
    const release = await keepFromHolding(running.db, '1', 1)
    await accept('1', { scheduleId: 1, quantity: 2 }, port)
    await holdsInWaiting(1)
    await kill()
    // Its statement goes on in the server and commits; nobody is left to hear of it.
    await release()
    const [made] = await eventually(async () => {
      const all = await reservations()
      expect(all).toHaveLength(1)
      return all
    })
    expect(await jobs()).toMatchObject([{ status: 'active' }])
    const next = await startInstance(running.environment, running.neighbours, {
      SWEEP_EVERY_MS: '100',
      ...quick,
    })
    stops.push(() => next.stop())
    expect(await ended(1)).toMatchObject([{ status: 'completed', reservationId: made?.reservation_id }])
    expect(await reservations()).toHaveLength(1)
  })
})

test('of 200 jobs for 50 seats, accepted by two instances, those of the first 50 win', async () => {
  await start({})
  const second = await startInstance(running.environment, running.neighbours, { SWEEP_EVERY_MS: '100' })
  stops.push(() => second.stop())
  const ports = [running.service.ports.http, second.ports.http]
  // Whoever was accepted before somebody else asked is before them.
  for (let wave = 0; wave < 4; wave += 1) {
    const people = Array.from({ length: 50 }, (_, index) => `w${wave}-${index}`)
    await Promise.all(
      people.map((userId, index) => accept(userId, { scheduleId: 1, quantity: 1 }, ports[index % 2])),
    )
  }
  const all = await ended(200)
  expect(all.map(({ userId }) => userId.slice(0, 2))).toEqual(
    ['w0', 'w1', 'w2', 'w3'].flatMap((wave) => Array.from({ length: 50 }, () => wave)),
  )
  expect(all.slice(0, 50).map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 'completed'))
  expect(all.slice(50).map(({ code }) => code)).toEqual(Array.from({ length: 150 }, () => 'SEAT_TAKEN'))
  expectInOrder(all)
})

test('a message that comes many times, also under other ids and to two instances, makes one hold of its job', async () => {
  await start({})
  const second = await startInstance(running.environment, running.neighbours, { SWEEP_EVERY_MS: '100' })
  stops.push(() => second.stop())
  const { kafkaBrokers, topicPrefix } = running.environment
  const logger = createLogger({ service: 'test', level: 'silent' })
  const producer = createProducer(createKafka({ clientId: 'test', brokers: kafkaBrokers.split(','), logger }))
  await producer.connect()
  stops.push(() => producer.disconnect())
  const people = Array.from({ length: 20 }, (_, index) => `p${index}`)
  const jobIds = await Promise.all(people.map((userId) => accept(userId, { scheduleId: 2, quantity: 1 })))
  const same = uuidv7()
  const messages = jobIds.flatMap((jobId) =>
    [same, uuidv7(), uuidv7()].map((id, index) => ({
      // In other partitions as well.
      key: `${2 + index}`,
      value: JSON.stringify({ jobId, scheduleId: 2 }),
      headers: toHeaders({
        id,
        type: 'JobAccepted',
        source: 'frontrow/test',
        time: new Date(),
        traceparent: null,
        requestId: null,
      }),
    })),
  )
  await producer.send({ topic: topicPrefix + topics.reservationJobs, messages })
  await ended(20)
  await eventually(async () => {
    const { rows } = await running.db.query(
      `SELECT FROM inbox WHERE type = 'JobAccepted' AND message_id = ANY ($1)`,
      [messages.map(({ headers }) => String(headers['ce_id']))],
    )
    expect(rows).toHaveLength(41)
  })
  expect((await reservations()).map(({ user_id: userId }) => userId).toSorted()).toEqual(people.toSorted())
})

test('while what a job needs is away it is tried again without a sweep, and those behind it wait for it', async () => {
  await start({ SWEEP_EVERY_MS: '60000' })
  const { neighbours } = running
  const release = await keepFromHolding(running.db, '1', 1)
  await accept('1', { scheduleId: 1, seatIds: [1001] })
  await accept('2', { scheduleId: 1, seatIds: [1001] })
  await accept('2', { scheduleId: 1, seatIds: [1002] })
  await holdsInWaiting(1)
  neighbours.queueIsAway = true
  await release()
  await ended(1)
  await eventually(async () => {
    expect((await jobs())[1]).toMatchObject({ status: 'active', attempts: 2 })
  })
  expect(await jobs()).toMatchObject([{}, {}, { status: 'waiting', attempts: 0 }])
  neighbours.queueIsAway = false
  expect(await ended(3)).toMatchObject([
    { status: 'completed' },
    { status: 'failed', code: 'SEAT_TAKEN' },
    { status: 'completed' },
  ])
})

test('a schedule whose late job can not be failed keeps no other from being woken', async () => {
  // Without Kafka the sweep alone wakes schedules.
  await start({ JOB_MAX_MS: '2500' }, false)
  const stuck = await accept('1', { scheduleId: 1, quantity: 1 })
  const client = await running.db.connect()
  await client.query('BEGIN')
  await client.query('SET LOCAL idle_in_transaction_session_timeout = 0')
  await client.query('SELECT FROM jobs WHERE job_id = $1 FOR UPDATE', [stuck])
  await eventually(async () => {
    const { rows } = await running.db.query('SELECT FROM jobs WHERE job_id = $1 AND give_up_at < now()', [
      stuck,
    ])
    expect(rows).toHaveLength(1)
  })
  await accept('2', { scheduleId: 2, quantity: 1 })
  expect(await ended(1)).toMatchObject([{ status: 'waiting' }, { status: 'completed' }])
  await client.query('COMMIT')
  client.release()
  expect((await ended(2))[0]).toMatchObject({ status: 'failed', code: 'TIMEOUT' })
})

describe('a job that can not be done in time', () => {
  test('has failed with TIMEOUT, and holds nothing when what it waited for is back', async () => {
    await start({ JOB_MAX_MS: '4000' })
    const { neighbours } = running
    const release = await keepFromHolding(running.db, '1', 1)
    await accept('1', { scheduleId: 1, seatIds: [1001] })
    await accept('1', { scheduleId: 1, seatIds: [1002] })
    await holdsInWaiting(1)
    neighbours.queueIsAway = true
    await release()
    const all = await ended(2)
    expect(all[1]).toMatchObject({ status: 'failed', code: 'TIMEOUT' })
    neighbours.queueIsAway = false
    const after = await running.hold('3', { scheduleId: 1, seatIds: [1002] })
    expect(after.status).toBe(201)
    const { data } = await running.call('1', 'GET', `/jobs/${all[1]?.jobId}`)
    expect(data).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT' } })
  })

  test('holds nothing either by an attempt that was under way and ends later', async () => {
    await start({ JOB_MAX_MS: '3000', JOB_ATTEMPT_MS: '60000' })
    const release = await keepFromHolding(running.db, '1', 1)
    await accept('1', { scheduleId: 1, seatIds: [1001] })
    await holdsInWaiting(1)
    expect(await ended(1)).toMatchObject([{ status: 'failed', code: 'TIMEOUT' }])
    await holdsInWaiting(1)
    await release()
    await holdsInWaiting(0)
    // The next hold waits for the same lock, so the late one has ended before it.
    const mine = await running.hold('1', { scheduleId: 1, seatIds: [1002] })
    expect(mine.status).toBe(201)
    expect((await reservations()).map(({ reservation_id: id }) => id)).toEqual([mine.data.reservationId])
    expect(await jobs()).toMatchObject([{ status: 'failed', code: 'TIMEOUT' }])
  })
})

test('jobs that wait at a stop are run after the next start, in their order', async () => {
  await start({ JOB_ATTEMPT_MS: '500' })
  const release = await keepFromHolding(running.db, '1', 2)
  for (let person = 1; person <= 30; person += 1) await accept(String(person), { scheduleId: 2, quantity: 1 })
  await holdsInWaiting(1)
  // The first of them can't be done before the stop has ended, and so nor can those behind it.
  await running.service.stop()
  await release()
  expect((await jobs()).filter(({ status }) => status === 'waiting').length).toBeGreaterThan(0)
  const next = await startInstance(running.environment, running.neighbours, { SWEEP_EVERY_MS: '100' })
  stops.push(() => next.stop())
  expectInOrder(await ended(30))
  expect(await reservations()).toHaveLength(30)
})

test('without Kafka jobs are run all the same', async () => {
  await start({}, false)
  for (let person = 1; person <= 5; person += 1) await accept(String(person), { scheduleId: 1, quantity: 1 })
  expect((await ended(5)).map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => 'completed'))
})

test('ended jobs are deleted after their time, and the id is unknown then', async () => {
  await start({ JOB_KEEP_MS: '1000' })
  const jobId = await accept('1', { scheduleId: 1, quantity: 1 })
  await ended(1)
  await eventually(async () => expect(await jobs()).toEqual([]))
  expect(await running.call('1', 'GET', `/jobs/${jobId}`)).toMatchObject({
    status: 404,
    code: 'JOB_NOT_FOUND',
  })
  expect(await reservations()).toHaveLength(1)
})

test('a wait for the end of a job is over when its instance stops', async () => {
  await start({})
  const release = await keepFromHolding(running.db, '1', 1)
  const jobId = await accept('1', { scheduleId: 1, quantity: 1 })
  await holdsInWaiting(1)
  const waiting = running.call('1', 'GET', `/jobs/${jobId}?wait=30`)
  await eventually(async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${running.service.ports.ops}/metrics`)).text()
    expect(metrics).toMatch(/reservation_job_waits\{[^}]*\} 1/)
  })
  const stopping = running.service.stop()
  expect((await waiting).data.status).toBe('active')
  await release()
  await stopping
})

test('no statement of a job reads all that ended in the last hour, also where its plan was made before', async () => {
  await start({})
  await running.service.stop()
  const instance = await startInstance(running.environment, running.neighbours, {
    DATABASE_POOL_MAX: '1',
    SWEEP_EVERY_MS: '60000',
  })
  stops.push(() => instance.stop())
  const port = instance.ports.http
  const first = await accept('1', { scheduleId: 1, quantity: 1 }, port)
  await running.call('1', 'GET', `/jobs/${first}?wait=9`, { port })
  const admin = openPatientPool(running.environment.adminDatabaseUrl, { max: 1 })
  stops.push(() => admin.end())
  await admin.query(
    `INSERT INTO reservation.jobs (job_id, ordinal, type, user_id, schedule_id, choice, status, created_at, due_at, give_up_at, started_at, completed_at, result)
     SELECT gen_random_uuid(), 1, 'hold', 'old', 1, '{}', 'completed', now(), now(), now(), now(), now(), '{}' FROM generate_series(1, 50000)`,
  )
  const read = async (): Promise<number> => {
    const { rows } = await admin.query<{ read: number }>(
      `SELECT seq_tup_read AS read FROM pg_stat_user_tables WHERE schemaname = 'reservation' AND relname = 'jobs'`,
    )
    return rows[0]?.read ?? 0
  }
  const before = await read()
  for (let person = 2; person <= 6; person += 1) {
    const jobId = await accept(String(person), { scheduleId: 1, quantity: 1 }, port)
    expect((await running.call(String(person), 'GET', `/jobs/${jobId}?wait=9`, { port })).data.status).toBe(
      'completed',
    )
  }
  // A connection that ends reports all that it did.
  await instance.stop()
  expect((await read()) - before).toBeLessThan(50_000)
})
