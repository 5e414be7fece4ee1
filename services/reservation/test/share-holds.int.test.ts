import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Pool } from '@frontrow/postgres/pool'
import { eventually } from '@frontrow/test-kit/eventually'
import { uuidv7 } from 'uuidv7'
import type { Context } from '../src/context.ts'
import { shareHolds } from '../src/share-holds.ts'
import type { FinalOutcome, TakeSeats } from '../src/share-holds.ts'
import { takeSeats } from '../src/sql/seat-holds.ts'
import type { NewHold } from '../src/sql/seat-holds.ts'
import { findViolations, startUseCases } from './use-case-context.ts'
import type { UseCases } from './use-case-context.ts'

// Holds that share a statement, on a real database: what each of them is told, and what they leave behind.
let useCases: UseCases
let pool: Pool
let ctx: Context
let scheduleId = 0
let made = 0

beforeAll(async () => {
  useCases = await startUseCases()
  pool = useCases.pool
  ctx = useCases.ctx
})
afterAll(() => useCases.stop())

interface Wish {
  seatIds: number[]
  userId?: string
  key?: string
  queueSequence?: number
}

function newHold({ seatIds, userId = `user-${(made += 1)}`, key, queueSequence }: Wish): NewHold {
  const seats = seatIds.map((seatId) => ({
    seatId,
    section: 'A',
    row: '1',
    seatNumber: seatId,
    grade: 'A',
    price: 1_000,
  }))
  const reservationId = uuidv7()
  const facts = { reservationId, userId, scheduleId, seatIds }
  return {
    reservation: {
      reservationId,
      reservationNumber: `R-${reservationId}`,
      userId,
      scheduleId,
      seats,
      totalAmount: seats.length * 1_000,
      queueSequence: queueSequence ?? null,
    },
    keyed:
      key === undefined
        ? undefined
        : { userId, operation: 'POST /reservations', key, content: { scheduleId, seatIds } },
    untimedAnswer: facts,
    untimedEvent: {
      topic: 'events',
      key: reservationId,
      type: 'ReservationHeld',
      payload: facts,
      trace: {
        requestId: `request-of-${userId}`,
        traceparent: `00-${reservationId.replaceAll('-', '')}-${'2'.repeat(16)}-01`,
      },
    },
  }
}

function insertSeat(seatId: number): string {
  return `INSERT INTO seat_holds (schedule_id, seat_id, reservation_id, user_id, held_at, expires_at)
          VALUES ($1, ${seatId}, gen_random_uuid(), 'somebody', now(), now() + interval '1 hour')`
}

/** Resolves when a statement that is alone waits for a lock: the shared one has given up. */
async function waitsForALock(): Promise<void> {
  await eventually(async () => {
    const { rows } = await pool.query(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
         AND now() - query_start > interval '200 ms'`,
    )
    expect(rows).toHaveLength(1)
  })
}

/** Asks for all of them in one turn of the event loop. */
function atOnce(wishes: readonly Wish[], take: TakeSeats = ctx.takeSeats): Promise<FinalOutcome[]> {
  return Promise.all(wishes.map((wish) => take(newHold(wish))))
}

function outcomesOf(answers: readonly { outcome: string }[]): string[] {
  return answers.map(({ outcome }) => outcome)
}

/** Transactions that made the reservations of this schedule. */
async function transactionsOfSchedule(): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    'SELECT count(DISTINCT xmin::text) AS count FROM reservations WHERE schedule_id = $1',
    [scheduleId],
  )
  return rows[0]?.count ?? 0
}

/** Runs `work` while another transaction has done `statement`, and not committed. */
async function whileUncommitted(
  statement: string,
  values: unknown[],
  work: () => Promise<void>,
): Promise<void> {
  const other = await pool.connect()
  try {
    await other.query('BEGIN')
    // On a busy machine the work takes longer than a transaction of ours may stand still.
    await other.query('SET LOCAL idle_in_transaction_session_timeout = 0')
    await other.query(statement, values)
    await work()
  } finally {
    await other.query('ROLLBACK')
    other.release()
  }
}

test('holds that come at once are made in one transaction, and each is told of its own', async () => {
  scheduleId += 1
  const answers = await atOnce([{ seatIds: [1, 2] }, { seatIds: [5] }, { seatIds: [3], userId: 'the-third' }])
  expect(outcomesOf(answers)).toEqual(['HELD', 'HELD', 'HELD'])
  expect(answers[2]).toMatchObject({ answer: { userId: 'the-third', seatIds: [3] }, takenOver: [] })
  expect(await transactionsOfSchedule()).toBe(1)
  const { rows } = await pool.query(
    `SELECT count(DISTINCT message_id) AS messages, count(DISTINCT traceparent) AS traces,
       count(*) FILTER (WHERE request_id = 'request-of-' || (payload ->> 'userId')) AS traced
     FROM outbox WHERE payload ->> 'scheduleId' = $1`,
    [String(scheduleId)],
  )
  expect(rows).toEqual([{ messages: 3, traces: 3, traced: 3 }])
})

test('what is refused in a statement takes nothing, and those beside it are held', async () => {
  scheduleId += 1
  const [first] = await atOnce([{ seatIds: [1, 2, 3, 4, 5], userId: 'greedy', key: 'used' }])
  const others = await atOnce([
    { seatIds: [11] },
    { seatIds: [2, 12, 4] },
    { seatIds: [13, 14], userId: 'greedy' },
    { seatIds: [1, 2, 3, 4, 5], userId: 'greedy', key: 'used' },
    { seatIds: [15], userId: 'greedy', key: 'used' },
    { seatIds: [16] },
  ])
  expect(others).toEqual([
    expect.objectContaining({ outcome: 'HELD' }),
    expect.objectContaining({ outcome: 'TAKEN', takenSeatIds: [2, 4] }),
    expect.objectContaining({ outcome: 'OVER_LIMIT', seatsBefore: 5 }),
    expect.objectContaining({ outcome: 'REPLAYED', answer: first?.outcome === 'HELD' ? first.answer : null }),
    expect.objectContaining({ outcome: 'KEY_REUSED' }),
    expect.objectContaining({ outcome: 'HELD' }),
  ])
  const { rows } = await pool.query(
    'SELECT array_agg(seat_id::int ORDER BY seat_id) AS seats FROM seat_holds WHERE schedule_id = $1',
    [scheduleId],
  )
  expect(rows).toEqual([{ seats: [1, 2, 3, 4, 5, 11, 16] }])
})

test('a seat that many want at once has one holder, and the others are told that it is taken', async () => {
  scheduleId += 1
  const answers = await atOnce(Array.from({ length: 200 }, () => ({ seatIds: [1] })))
  expect(outcomesOf(answers).toSorted()).toEqual(['HELD', ...Array.from({ length: 199 }, () => 'TAKEN')])
})

test('who asks first among those who share a statement is no surer of a seat than who asks last', async () => {
  scheduleId += 1
  const seats = Array.from({ length: 30 }, (_, index) => index + 1)
  const answers = await atOnce([...seats, ...seats].map((seatId) => ({ seatIds: [seatId] })))
  const first = outcomesOf(answers.slice(0, seats.length))
  const last = outcomesOf(answers.slice(seats.length))
  // Each seat is drawn between the two who want it: that all 30 fall to one side happens once in 500 million times.
  for (const side of [first, last]) expect(new Set(side)).toEqual(new Set(['HELD', 'TAKEN']))
  for (const [index, outcome] of first.entries()) {
    expect(new Set([outcome, last[index]])).toEqual(new Set(['HELD', 'TAKEN']))
  }
})

test('the limit of a user holds for requests that come at once, also of two schedules', async () => {
  scheduleId += 2
  const first = scheduleId - 1
  const wishes = Array.from({ length: 40 }, (_, index) =>
    newHold({ seatIds: [index + 1], userId: 'many-hands' }),
  )
  const elsewhere = newHold({ seatIds: [1], userId: 'many-hands' })
  elsewhere.reservation.scheduleId = first
  const answers = await Promise.all([...wishes, elsewhere].map((hold) => ctx.takeSeats(hold)))
  expect(outcomesOf(answers).filter((outcome) => outcome === 'HELD')).toHaveLength(7)
  expect(answers.at(-1)?.outcome).toBe('HELD')
})

test('the same key twice at once makes one hold and is answered twice', async () => {
  scheduleId += 1
  const wish = { seatIds: [1], userId: 'double-click', key: 'one' }
  const [other, ...answers] = await atOnce([{ ...wish, seatIds: [2], key: 'other' }, wish, wish])
  expect(other?.outcome).toBe('HELD')
  expect(outcomesOf(answers).toSorted()).toEqual(['HELD', 'REPLAYED'])
  const [one, two] = answers.map((answer) => 'answer' in answer && answer.answer)
  expect(one).toMatchObject({ userId: 'double-click' })
  expect(two).toEqual(one)
})

test('a hold that has to wait for a lock does not keep others waiting', async () => {
  scheduleId += 1
  let blocked: Promise<FinalOutcome[]> | undefined
  await whileUncommitted(insertSeat(1), [scheduleId], async () => {
    blocked = atOnce([{ seatIds: [1, 2] }])
    expect(outcomesOf(await atOnce([{ seatIds: [3] }, { seatIds: [4] }]))).toEqual(['HELD', 'HELD'])
    expect(outcomesOf(await atOnce([{ seatIds: [5] }]))).toEqual(['HELD'])
    await waitsForALock()
  })
  expect(outcomesOf((await blocked) ?? [])).toEqual(['HELD'])
})

test('a number that exists fails its own hold only', async () => {
  scheduleId += 1
  const holds = [1, 2, 3].map((seatId) => newHold({ seatIds: [seatId] }))
  const [first, second] = holds
  if (first === undefined || second === undefined) throw new Error('three holds have a first and a second')
  second.reservation.reservationNumber = first.reservation.reservationNumber
  const answers = await Promise.all(holds.map((hold) => ctx.takeSeats(hold)))
  expect(outcomesOf(answers).toSorted()).toEqual(['HELD', 'HELD', 'NUMBER_EXISTS'])
})

test('lapsed holds that several buyers take over at once are ended once, and each is told by one of its takers', async () => {
  scheduleId += 1
  await atOnce([
    { seatIds: [1, 2], userId: 'late-1', queueSequence: 1 },
    { seatIds: [3, 4], userId: 'late-2' },
  ])
  await pool.query(`UPDATE reservations SET expires_at = 'epoch' WHERE schedule_id = $1`, [scheduleId])
  await pool.query(`UPDATE seat_holds SET expires_at = 'epoch' WHERE schedule_id = $1`, [scheduleId])
  const answers = await atOnce([{ seatIds: [1] }, { seatIds: [2, 3] }, { seatIds: [5] }])
  const takenOver = answers.flatMap((answer) => (answer.outcome === 'HELD' ? answer.takenOver : []))
  expect(outcomesOf(answers)).toEqual(['HELD', 'HELD', 'HELD'])
  expect(takenOver.map(({ userId }) => userId).toSorted()).toEqual(['late-1', 'late-2'])
  expect(takenOver.find(({ userId }) => userId === 'late-1')?.queuePlace).toEqual({
    sequence: 1,
    liveHoldsLeft: 0,
  })
  const { rows } = await pool.query(
    `SELECT payload ->> 'userId' AS user FROM outbox
     WHERE type = 'ReservationExpired' AND payload ->> 'scheduleId' = $1 ORDER BY 1`,
    [String(scheduleId)],
  )
  expect(rows).toEqual([{ user: 'late-1' }, { user: 'late-2' }])
  const seats = await pool.query('SELECT seat_id FROM seat_holds WHERE schedule_id = $1 ORDER BY 1', [
    scheduleId,
  ])
  expect(seats.rows.map(({ seat_id }) => seat_id)).toEqual([1, 2, 3, 5])
  const ids = await pool.query(
    `SELECT count(*) - count(DISTINCT message_id) AS repeated FROM outbox WHERE payload ->> 'scheduleId' = $1`,
    [String(scheduleId)],
  )
  expect(ids.rows).toEqual([{ repeated: 0 }])
})

test('a hold that ends a lapsed one does not wait for seats of it that others are taking over', async () => {
  scheduleId += 1
  await atOnce([{ seatIds: [1, 2] }])
  await pool.query(`UPDATE reservations SET expires_at = 'epoch' WHERE schedule_id = $1`, [scheduleId])
  await pool.query(`UPDATE seat_holds SET expires_at = 'epoch' WHERE schedule_id = $1`, [scheduleId])
  const lock = 'SELECT FROM seat_holds WHERE schedule_id = $1 AND seat_id = 2 FOR UPDATE'
  await whileUncommitted(lock, [scheduleId], async () => {
    expect(outcomesOf(await atOnce([{ seatIds: [1] }]))).toEqual(['HELD'])
  })
})

test('a hold that loses a seat to another process does not send those beside it to wait alone', async () => {
  scheduleId += 1
  const patient = shareHolds(pool, ctx.config, 2_000)
  const other = await pool.connect()
  await other.query('BEGIN')
  await other.query(insertSeat(1), [scheduleId])
  const asked = atOnce([{ seatIds: [1] }, { seatIds: [2] }, { seatIds: [3] }], patient)
  await waitsForALock()
  await other.query('COMMIT')
  other.release()
  expect(await asked).toEqual([
    expect.objectContaining({ outcome: 'TAKEN', takenSeatIds: [1] }),
    expect.objectContaining({ outcome: 'HELD' }),
    expect.objectContaining({ outcome: 'HELD' }),
  ])
  expect(await transactionsOfSchedule()).toBe(1)
  // It was no real hold, so the audit would find it.
  await pool.query(`DELETE FROM seat_holds WHERE user_id = 'somebody'`)
})

test('seats are taken in the order of their ids, whatever order they are asked for', async () => {
  scheduleId += 1
  let blocked: Promise<FinalOutcome[]> | undefined
  await whileUncommitted(insertSeat(1), [scheduleId], async () => {
    blocked = atOnce([{ seatIds: [2, 1] }])
    await waitsForALock()
    expect(outcomesOf(await atOnce([{ seatIds: [2] }]))).toEqual(['HELD'])
  })
  expect(await blocked).toEqual([expect.objectContaining({ outcome: 'TAKEN', takenSeatIds: [2] })])
})

test('holds of two processes that want the same seats in another order never share one, and none is half', async () => {
  scheduleId += 1
  const one = shareHolds(pool, ctx.config)
  const other = shareHolds(pool, ctx.config)
  const answers = await Promise.all(
    Array.from({ length: 300 }, (_, index) => {
      const a = (index * 7) % 60
      const seatIds = [a, (a + 1 + (index % 5)) % 60].map((seat) => seat + 1)
      const take = index % 2 === 0 ? one : other
      return take(newHold({ seatIds: index % 3 === 0 ? seatIds : seatIds.toReversed() }))
    }),
  )
  const held = answers.filter((answer) => answer.outcome === 'HELD').length
  expect(held).toBeGreaterThan(10)
  const { rows } = await pool.query<{ rows: number; reservations: number }>(
    `SELECT count(*) AS rows, count(DISTINCT reservation_id) AS reservations FROM seat_holds WHERE schedule_id = $1`,
    [scheduleId],
  )
  expect(rows).toEqual([{ rows: 2 * held, reservations: held }])
})

test('a statement with a lock that takes too long fails early, for any of its users and seats, and has written nothing', async () => {
  scheduleId += 1
  const limits = { holdMs: 1_000, seatsPerUserMax: 6, releasesMax: 18, releasesWindowMs: 3_600_000 }
  const hasSeat = { statement: insertSeat(1), values: [scheduleId] }
  const hasUser = (userId: string) => ({
    statement: `SELECT pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 0))`,
    values: [String(scheduleId), userId],
  })
  for (const { statement, values } of [hasSeat, hasUser('one'), hasUser('two')]) {
    await whileUncommitted(statement, values, async () => {
      const holds = ['one', 'two'].map((userId, index) => newHold({ userId, seatIds: [index + 1] }))
      const patient = takeSeats(pool, holds, limits).then(
        () => 'patient',
        () => 'patient',
      )
      await waitsForALock()
      const hasty = takeSeats(pool, holds, { ...limits, lockWaitMs: 50 })
      expect(await Promise.race([patient, hasty.catch(() => 'hasty')])).toBe('hasty')
      await expect(hasty).rejects.toMatchObject({ code: '55P03' })
      await patient
    })
  }
  const { rows } = await pool.query('SELECT seat_id FROM seat_holds WHERE schedule_id = $1', [scheduleId])
  expect(rows).toEqual([])
})

test('the audit finds nothing wrong after all of that', async () => {
  expect(await findViolations(ctx)).toEqual([])
})
