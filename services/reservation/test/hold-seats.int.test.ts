import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { checkKeys } from '@frontrow/idempotency/audit'
import { isDatabaseTimeout, isDatabaseUnavailable } from '@frontrow/postgres/errors'
import { createPool } from '@frontrow/postgres/pool'
import type { Pool, Tx } from '@frontrow/postgres/pool'
import { isRefusal } from '@frontrow/proto/refusals'
import { eventually } from '@frontrow/test-kit/eventually'
import { uuidv7 } from 'uuidv7'
import type { Context } from '../src/context.ts'
import type { SeatChoice } from '../src/check-offer.ts'
import { expireHolds } from '../src/expire-holds.ts'
import { holdSeats } from '../src/hold-seats.ts'
import type { HoldAnswer } from '../src/hold-seats.ts'
import { shareHolds } from '../src/share-holds.ts'
import { lockUserSeats } from '../src/sql/seat-holds.ts'
import { findViolations, startUseCases } from './use-case-context.ts'
import type { UseCases } from './use-case-context.ts'

// The function hold_seats on a real database: what it leaves behind, and what it waits for.
let useCases: UseCases
let pool: Pool
let ctx: Context
let scheduleId = 0
let nextUser = 0

beforeAll(async () => {
  useCases = await startUseCases()
  pool = useCases.pool
  ctx = useCases.ctx
})
afterAll(() => useCases.stop())

/** Fresh seats of a schedule that no other test uses. */
function seatsOfNewSchedule(count: number): number[] {
  scheduleId += 1
  return Array.from({ length: count }, (_, index) => scheduleId * 1_000 + 1 + index)
}

function newUser(): string {
  nextUser += 1
  return `user-${nextUser}`
}

function hold(userId: string, choice: SeatChoice, key?: string, context = ctx, of = scheduleId) {
  return holdSeats(context, {
    userId,
    scheduleId: of,
    queueToken: uuidv7(),
    choice,
    idempotencyKey: key,
  })
}

/** Code and details of a refusal; any other end of the work fails the test. */
async function refusalOf(work: Promise<unknown>): Promise<{ code: string; details: unknown }> {
  const error: unknown = await work.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  )
  if (!isRefusal(error)) throw error
  return { code: error.code, details: error.details }
}

/** All that a hold of this user could have left: rows and locks. */
async function leftBy(userId: string): Promise<unknown> {
  const { rows } = await pool.query(
    `SELECT (SELECT count(*) FROM idempotency_keys WHERE user_id = $1) AS keys,
       (SELECT count(*) FROM reservations WHERE user_id = $1) AS reservations,
       (SELECT count(*) FROM seat_holds WHERE user_id = $1) AS seats,
       (SELECT count(*) FROM outbox WHERE payload ->> 'userId' = $1) AS messages,
       (SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
        WHERE d.datname = current_database() AND l.locktype = 'advisory') AS locks`,
    [userId],
  )
  return rows[0]
}
const nothing = { keys: 0, reservations: 0, seats: 0, messages: 0, locks: 0 }

/** Runs `work` while somebody is about to take `seatId`, and then does. */
async function whileTaken<T>(seatId: number, work: (taking: Tx) => Promise<T>): Promise<T> {
  const taking = await pool.connect()
  try {
    await taking.query('BEGIN')
    await taking.query(
      `INSERT INTO seat_holds (schedule_id, seat_id, reservation_id, user_id, held_at, expires_at)
       VALUES ($1, $2, gen_random_uuid(), 'somebody', now(), now() + interval '1 hour')`,
      [scheduleId, seatId],
    )
    return await work(taking)
  } finally {
    await taking.query('ROLLBACK')
    taking.release()
    // It was no real hold, so the audit would find it.
    await pool.query(`DELETE FROM seat_holds WHERE user_id = 'somebody'`)
  }
}

/** The server process of the statement that waits for a lock now. */
async function waitingBackend(): Promise<number> {
  let pid: number | undefined
  await eventually(async () => {
    const { rows } = await pool.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )
    pid = rows[0]?.pid
    expect(pid).toBeDefined()
  })
  return pid ?? 0
}

test('a refused hold leaves no key, no message, no seat and no lock behind', async () => {
  const [a = 0, b = 0] = seatsOfNewSchedule(2)
  await hold(newUser(), { seatIds: [a] })
  const loser = newUser()
  expect(await refusalOf(hold(loser, { seatIds: [a, b] }, 'key'))).toEqual({
    code: 'SEAT_TAKEN',
    details: { seatIds: [a] },
  })
  expect(await leftBy(loser)).toEqual(nothing)

  const greedy = newUser()
  expect((await refusalOf(hold(greedy, { seatIds: seatsOfNewSchedule(7) }, 'key'))).code).toBe(
    'SEAT_LIMIT_EXCEEDED',
  )
  expect(await leftBy(greedy)).toEqual(nothing)

  const late = newUser()
  const seatIds = seatsOfNewSchedule(1)
  await pool.query('INSERT INTO cancelled_schedules (schedule_id) VALUES ($1)', [scheduleId])
  expect((await refusalOf(hold(late, { seatIds }, 'key'))).code).toBe('BOOKING_NOT_OPEN')
  expect(await leftBy(late)).toEqual(nothing)
})

test('whoever loses to a seat that was taken before writes nothing, not even the id of a transaction', async () => {
  const [seatId = 0] = seatsOfNewSchedule(1)
  await hold(newUser(), { seatIds: [seatId] })
  const client = await pool.connect()
  await client.query('BEGIN')
  const request = {
    schedule_id: scheduleId,
    user_id: 'loser',
    seat_ids: [seatId],
    operation: 'o',
    idempotency_key: 'key',
  }
  const { rows } = await client.query<{ outcome: string }>(
    `SELECT outcome FROM hold_seats($1, 1000, 6, 'topic', NULL)`,
    [JSON.stringify([request])],
  )
  expect(rows[0]?.outcome).toBe('TAKEN')
  const assigned = await client.query<{ id: string | null }>('SELECT pg_current_xact_id_if_assigned() AS id')
  expect(assigned.rows[0]?.id).toBeNull()
  await client.query('ROLLBACK')
  client.release()
})

test('of seats that are taken while a hold is being made none is held, and the refusal names those that are gone', async () => {
  const [a = 0, b = 0] = seatsOfNewSchedule(2)
  const loser = newUser()
  await whileTaken(b, async (taking) => {
    const refused = refusalOf(hold(loser, { seatIds: [a, b] }, 'key'))
    await waitingBackend()
    await taking.query('COMMIT')
    expect(await refused).toEqual({ code: 'SEAT_TAKEN', details: { seatIds: [b] } })
    expect(await leftBy(loser)).toEqual(nothing)
  })
  expect((await hold(loser, { seatIds: [a, b] }, 'key')).isReplay).toBe(false)
})

test('a hold that waited for another hold of its user counts the seats of that one', async () => {
  const [first = 0, ...six] = seatsOfNewSchedule(7)
  const userId = newUser()
  const other = await pool.connect()
  await other.query('BEGIN')
  await lockUserSeats(other, scheduleId, userId)
  const refused = refusalOf(hold(userId, { seatIds: six }))
  await waitingBackend()
  await other.query(
    `INSERT INTO seat_holds (schedule_id, seat_id, reservation_id, user_id, held_at, expires_at)
     VALUES ($1, $2, gen_random_uuid(), $3, now(), now() + interval '1 hour')`,
    [scheduleId, first, userId],
  )
  await other.query('COMMIT')
  other.release()
  expect(await refused).toEqual({
    code: 'SEAT_LIMIT_EXCEEDED',
    details: { limit: 6, held: 1, requested: 6 },
  })
  await pool.query('DELETE FROM seat_holds WHERE user_id = $1', [userId])
})

test('a hold whose connection dies in the middle leaves nothing, and its key is free', async () => {
  const [a = 0, b = 0] = seatsOfNewSchedule(2)
  const userId = newUser()
  await whileTaken(b, async () => {
    const dying = hold(userId, { seatIds: [a, b] }, 'key').catch((error: unknown) => error)
    // It has taken `a` by now, and waits for `b`.
    await pool.query('SELECT pg_terminate_backend($1)', [await waitingBackend()])
    expect(isDatabaseUnavailable(await dying)).toBe(true)
  })
  // A session tells its client that it dies before it gives up its locks.
  await eventually(async () => {
    expect(await leftBy(userId)).toEqual(nothing)
  })
  expect((await hold(userId, { seatIds: [a, b] }, 'key')).isReplay).toBe(false)
})

test('a hold that waits too long for a seat is ended, leaves nothing, and its connection goes on', async () => {
  const [a = 0, b = 0] = seatsOfNewSchedule(2)
  const userId = newUser()
  const impatient = createPool({
    url: useCases.environment.databaseUrl('reservation'),
    applicationName: 'impatient',
    max: 1,
    statementTimeoutMs: 300,
    onError: () => undefined,
  })
  const pidOf = async (): Promise<unknown> =>
    (await impatient.query('SELECT pg_backend_pid() AS pid')).rows[0]
  const before = await pidOf()
  await whileTaken(b, async () => {
    const context = { ...ctx, pool: impatient, takeSeats: shareHolds(impatient, ctx.config) }
    const ended = await hold(userId, { seatIds: [a, b] }, 'key', context).catch((error: unknown) => error)
    expect(isDatabaseTimeout(ended)).toBe(true)
    // PostgreSQL tells the client of an error before it gives up the locks of the transaction.
    await eventually(async () => {
      expect(await leftBy(userId)).toEqual(nothing)
    })
  })
  expect(await pidOf()).toEqual(before)
  await impatient.end()
})

test('the answer that is stored under the key is the first answer, byte for byte', async () => {
  const userId = newUser()
  const { data } = await hold(userId, { seatIds: seatsOfNewSchedule(2) }, 'key')
  const { rows } = await pool.query(
    'SELECT status, response::text AS text, resource_id FROM idempotency_keys WHERE user_id = $1',
    [userId],
  )
  expect(rows).toEqual([
    { status: 201, text: JSON.stringify(data), resource_id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
  ])
  expect(data).toHaveProperty('reservationId', rows[0]?.resource_id)
})

test('the same request again gets its answer though the first one took the last seats', async () => {
  seatsOfNewSchedule(1)
  for (let left = 100; left > 4; left -= 6) await hold(newUser(), { quantity: 6, allowSplit: true })
  const userId = newUser()
  const first = await hold(userId, { quantity: 4, allowSplit: true }, 'key')
  expect((await refusalOf(hold(newUser(), { quantity: 1 }, 'key'))).code).toBe('SEAT_TAKEN')
  expect(await hold(userId, { quantity: 4, allowSplit: true }, 'key')).toEqual({
    data: first.data,
    isReplay: true,
  })
})

test('one key for two schedules at two processes at once: one hold, and the other request is refused', async () => {
  const processes = [ctx, { ...ctx, takeSeats: shareHolds(pool, ctx.config) }]
  for (let round = 0; round < 20; round += 1) {
    const userId = newUser()
    const wishes = [seatsOfNewSchedule(1), seatsOfNewSchedule(1)].map((seatIds, index) =>
      hold(userId, { seatIds }, 'key', processes[index], scheduleId - 1 + index).catch((error: unknown) =>
        isRefusal(error) ? error.code : error,
      ),
    )
    const answers = await Promise.all(wishes)
    expect(answers.filter((answer) => answer === 'IDEMPOTENCY_KEY_REUSED')).toHaveLength(1)
    expect(await leftBy(userId)).toEqual({ keys: 1, reservations: 1, seats: 1, messages: 1, locks: 0 })
  }
})

test('a hold that is taken over is told of as one that the sweeper ends', async () => {
  const [a = 0, b = 0] = seatsOfNewSchedule(2)
  const userId = newUser()
  const lapsing: HoldAnswer[] = []
  for (const seatId of [a, b]) lapsing.push(await hold(userId, { seatIds: [seatId] }))
  await pool.query(
    `WITH moved AS (UPDATE reservations SET expires_at = 'epoch' WHERE user_id = $1)
     UPDATE seat_holds SET expires_at = 'epoch' WHERE user_id = $1`,
    [userId],
  )
  await hold(newUser(), { seatIds: [a] })
  await expireHolds(ctx)
  const { rows } = await pool.query<{ payload: Record<string, unknown> }>(
    `SELECT topic, message_key, type, payload, traceparent FROM outbox
     WHERE payload ->> 'userId' = $1 AND type = 'ReservationExpired' ORDER BY id`,
    [userId],
  )
  const [takenOver, swept] = rows
  const payload = { ...swept?.payload, reservationId: takenOver?.payload['reservationId'], seatIds: [a] }
  expect(takenOver).toEqual({ ...swept, message_key: payload.reservationId, payload })
  expect(Object.keys(takenOver?.payload ?? {})).toEqual(Object.keys(swept?.payload ?? {}))
  expect(lapsing.map(({ data }) => data)).toEqual([
    expect.objectContaining({ reservationId: payload.reservationId }),
    expect.objectContaining({ reservationId: swept?.payload['reservationId'] }),
  ])
})

test('the audit counts the key of each hold, and finds nothing wrong', async () => {
  const before = (await checkKeys(pool, 'reservation')).checked
  const seatIds = seatsOfNewSchedule(1)
  const userId = newUser()
  await hold(userId, { seatIds }, 'key')
  await hold(userId, { seatIds }, 'key')
  await refusalOf(hold(newUser(), { seatIds }, 'key'))
  expect(await checkKeys(pool, 'reservation')).toMatchObject({ checked: before + 1, violations: [] })
  expect(await findViolations(ctx)).toEqual([])
})

test('a number that another reservation has is an outcome of its own, and leaves nothing behind', async () => {
  const [a = 0, b = 0] = seatsOfNewSchedule(2)
  const take = (userId: string, seatId: number) => {
    const seat = { seatId, section: 'A', row: '1', seatNumber: 1, grade: 'A', price: 1_000 }
    return ctx.takeSeats({
      reservation: {
        reservationId: uuidv7(),
        reservationNumber: 'R-TAKEN-ALREADY',
        userId,
        scheduleId,
        seats: [seat],
        totalAmount: seat.price,
        queueSequence: null,
      },
      keyed: { userId, operation: 'POST /reservations', key: 'key', content: {} },
      untimedAnswer: { userId },
      untimedEvent: { topic: 'events', key: userId, type: 'ReservationHeld', payload: { userId } },
    })
  }
  expect((await take(newUser(), a)).outcome).toBe('HELD')
  const second = newUser()
  expect(await take(second, b)).toEqual({ outcome: 'NUMBER_EXISTS' })
  expect(await leftBy(second)).toEqual(nothing)
})
