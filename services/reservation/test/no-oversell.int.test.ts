import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Pool } from '@frontrow/postgres/pool'
import { isRefusal } from '@frontrow/proto/refusals'
import { eventually } from '@frontrow/test-kit/eventually'
import fc from 'fast-check'
import { uuidv7 } from 'uuidv7'
import { cancelReservation } from '../src/cancel-reservation.ts'
import type { SeatChoice } from '../src/check-offer.ts'
import type { Context } from '../src/context.ts'
import { expireHolds } from '../src/expire-holds.ts'
import { getReservation } from '../src/get-reservations.ts'
import { holdSeats } from '../src/hold-seats.ts'
import { refreshHold } from '../src/refresh-hold.ts'
import { lockUserSeats } from '../src/sql/seat-holds.ts'
import { confirmMany } from './confirm-many.ts'
import { deadlocksOf } from './deadlocks.ts'
import { findViolations, startUseCases, withoutKey } from './use-case-context.ts'
import type { UseCases } from './use-case-context.ts'

// The use cases run on a real database, without servers, as many at once as the pool has connections.
let useCases: UseCases
let pool: Pool
let ctx: Context
let nextSchedule = 1

beforeAll(async () => {
  useCases = await startUseCases()
  pool = useCases.pool
  ctx = useCases.ctx
})
afterAll(() => useCases.stop())

interface HeldSeats {
  reservationId: string
  seatIds: number[]
  amount: number
  userId: string
}

function isHold(
  data: unknown,
): data is { reservationId: string; seats: { seatId: number }[]; totalAmount: number } {
  return typeof data === 'object' && data !== null && 'reservationId' in data
}

async function hold(
  userId: string,
  scheduleId: number,
  choice: SeatChoice,
  context = ctx,
): Promise<HeldSeats> {
  const { data } = await holdSeats(context, { userId, scheduleId, queueToken: uuidv7(), choice })
  if (!isHold(data)) throw new Error('no hold was answered')
  const seatIds = data.seats.map((seat) => seat.seatId)
  return { reservationId: data.reservationId, seatIds, amount: data.totalAmount, userId }
}

/** The result of `work`, or the code of its refusal; any other error fails the test. */
async function outcome<T>(work: Promise<T>): Promise<T | string> {
  try {
    return await work
  } catch (error) {
    if (isRefusal(error)) return error.code
    throw error
  }
}

async function confirm(held: HeldSeats, context = ctx): Promise<string> {
  const paymentId = uuidv7()
  const { reservationId, userId, amount } = held
  await confirmMany(context, [{ paymentId, reservationId, userId, amount }])
  const { rows } = await pool.query<{ type: string; reason: string | null }>(
    `SELECT type, payload ->> 'reason' AS reason FROM confirm_replies WHERE payment_id = $1`,
    [paymentId],
  )
  return rows[0]?.reason ?? rows[0]?.type ?? 'nothing'
}

async function setDeadline(reservationId: string, inMs: number): Promise<void> {
  const at = `date_trunc('milliseconds', clock_timestamp()) + make_interval(secs => $2::float8 / 1000)`
  await pool.query(
    `WITH deadline AS MATERIALIZED (SELECT ${at} AS at),
       moved AS (UPDATE reservations SET expires_at = deadline.at FROM deadline WHERE reservation_id = $1)
     UPDATE seat_holds SET expires_at = deadline.at FROM deadline WHERE reservation_id = $1`,
    [reservationId, inMs],
  )
}

async function expectInvariants(): Promise<void> {
  expect(await findViolations(ctx)).toEqual([])
}

const newSchedule = (): number => {
  nextSchedule += 1
  return nextSchedule
}

test('fifty buyers at once, one seat: exactly one has it', async () => {
  const scheduleId = newSchedule()
  const seatIds = [scheduleId * 1_000 + 1]
  const results = await Promise.all(
    Array.from({ length: 50 }, (_, index) => outcome(hold(`u${index}`, scheduleId, { seatIds }))),
  )
  expect(results.filter((result) => typeof result !== 'string')).toHaveLength(1)
  expect(results.filter((result) => result === 'SEAT_TAKEN')).toHaveLength(49)
  await expectInvariants()
})

test('overlapping sets of seats in any order: no deadlock, no seat twice', async () => {
  const deadlocks = await deadlocksOf(useCases.environment, pool, async (own) => {
    const context = { ...ctx, pool: own }
    for (let round = 0; round < 10; round += 1) {
      const scheduleId = newSchedule()
      const buyers = Array.from({ length: 30 }, (_, index) => {
        const seatIds = [0, 1, 2, 3].map((step) => scheduleId * 1_000 + 1 + ((index * 2 + step) % 10))
        const inOrder = index % 2 === 0 ? seatIds : seatIds.toReversed()
        return outcome(hold(`u${index}`, scheduleId, { seatIds: inOrder }, context))
      })
      const results = await Promise.all(buyers)
      const sold = results.flatMap((result) => (typeof result === 'string' ? [] : result.seatIds))
      expect(new Set(sold).size).toBe(sold.length)
      expect(sold.length).toBeGreaterThan(0)
    }
  })
  expect(deadlocks).toBe(0)
  await expectInvariants()
})

test('twenty holds of one user at once end at exactly six seats', async () => {
  const scheduleId = newSchedule()
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      outcome(hold('one', scheduleId, { seatIds: [scheduleId * 1_000 + 1 + index] })),
    ),
  )
  expect(results.filter((result) => typeof result !== 'string')).toHaveLength(6)
  expect(results.filter((result) => result === 'SEAT_LIMIT_EXCEEDED')).toHaveLength(14)
  await expectInvariants()
})

test('thirty parties that want the best available at once all sit, side by side', async () => {
  const scheduleId = newSchedule()
  const results = await Promise.all(
    Array.from({ length: 30 }, (_, index) => outcome(hold(`p${index}`, scheduleId, { quantity: 2 }))),
  )
  const held = results.filter((result) => typeof result !== 'string')
  expect(held).toHaveLength(30)
  for (const { seatIds } of held) expect(Math.abs((seatIds[0] ?? 0) - (seatIds[1] ?? 0))).toBe(1)
  await expectInvariants()
})

test('a lapsed hold is taken over by the next buyer: it ends, its other seats are freed, its end is published', async () => {
  const scheduleId = newSchedule()
  const [a, b, c] = [1, 2, 3].map((seat) => scheduleId * 1_000 + seat)
  if (a === undefined || b === undefined || c === undefined) throw new Error('three seats')
  const first = await hold('first', scheduleId, { seatIds: [a, b] })
  await setDeadline(first.reservationId, -1)
  const next = await hold('next', scheduleId, { seatIds: [b, c] })
  expect(next.seatIds).toEqual([b, c])
  const { rows } = await pool.query(
    `SELECT r.status, (SELECT count(*) FROM seat_holds h WHERE h.reservation_id = r.reservation_id) AS seats,
       (SELECT json_agg(o.type ORDER BY o.id) FROM outbox o WHERE o.message_key = r.reservation_id::text) AS types
     FROM reservations r WHERE r.reservation_id = $1`,
    [first.reservationId],
  )
  expect(rows[0]).toEqual({ status: 'EXPIRED', seats: 0, types: ['ReservationHeld', 'ReservationExpired'] })
  expect(await confirm(first)).toBe('RESERVATION_EXPIRED')
  await expectInvariants()
})

test('a deadline racing its payment, a refresh, the sweeper and the next buyers: one of them has the seats', async () => {
  const answers = new Set<string>()
  const deadlocks = await deadlocksOf(useCases.environment, pool, async (own) => {
    const context = { ...ctx, pool: own }
    for (let round = 0; round < 5; round += 1) {
      for (const inMs of [0, 1, 2, 4, 8, 16, 32, 1_000]) answers.add(await raceDeadline(context, inMs))
    }
  })
  expect(deadlocks).toBe(0)
  // Each side has won the race at least once.
  expect([...answers].toSorted()).toEqual(['RESERVATION_EXPIRED', 'ReservationConfirmed'])
  await expectInvariants()
})

async function raceDeadline(context: Context, inMs: number): Promise<string> {
  const scheduleId = newSchedule()
  const seatIds = [scheduleId * 1_000 + 1, scheduleId * 1_000 + 2]
  const held = await hold('owner', scheduleId, { seatIds }, context)
  await setDeadline(held.reservationId, inMs)
  const buyers = Array.from({ length: 6 }, (_, index) => {
    const wanted = index % 2 === 0 ? seatIds : seatIds.slice(1)
    return outcome(hold(`buyer${index}`, scheduleId, { seatIds: wanted }, context))
  })
  const refresh = { reservationId: held.reservationId, owner: 'owner', queueTokenOf: uuidv7, ...withoutKey }
  const [confirmed, results] = await Promise.all([
    confirm(held, context),
    Promise.all(buyers),
    outcome(refreshHold(context, refresh)),
    expireHolds(context),
  ])
  const others = results.flatMap((result) => (typeof result === 'string' ? [] : result.seatIds))
  expect(new Set(others).size).toBe(others.length)
  if (confirmed === 'ReservationConfirmed') expect(others).toHaveLength(0)
  else expect(confirmed).toBe('RESERVATION_EXPIRED')
  return confirmed
}

test('a cancellation racing the payment: refused, or confirmed and then to be refunded', async () => {
  for (let round = 0; round < 20; round += 1) {
    const scheduleId = newSchedule()
    const held = await hold('owner', scheduleId, { seatIds: [scheduleId * 1_000 + 1] })
    const cancel = () =>
      cancelReservation(ctx, { reservationId: held.reservationId, owner: 'owner', ...withoutKey })
    const [confirmed] = await Promise.all([confirm(held), cancel(), cancel()])
    const after = await getReservation(ctx, held.reservationId, null)
    expect(after.status).toBe('CANCELLED')
    const { rows } = await pool.query<{ paymentId: string | null }>(
      `SELECT payload ->> 'paymentId' AS "paymentId" FROM outbox
       WHERE message_key = $1 AND type = 'ReservationCancelled'`,
      [held.reservationId],
    )
    expect(rows).toEqual([{ paymentId: after.paymentId }])
    expect(confirmed).toBe(after.paymentId === null ? 'RESERVATION_CANCELLED' : 'ReservationConfirmed')
    expect(after.refundStatus).toBe(after.paymentId === null ? null : 'PENDING')
    expect((await hold('next', scheduleId, { seatIds: held.seatIds })).seatIds).toEqual(held.seatIds)
  }
  await expectInvariants()
})

test('one command delivered ten times at once: one sale, the same reply each time', async () => {
  const scheduleId = newSchedule()
  const held = await hold('owner', scheduleId, { seatIds: [scheduleId * 1_000 + 1] })
  const paymentId = uuidv7()
  const { reservationId, userId, amount } = held
  const ids = Array.from({ length: 5 }, () => uuidv7())
  await Promise.all(
    [...ids, ...ids].map((id) => confirmMany(ctx, [{ id, paymentId, reservationId, userId, amount }])),
  )
  const { rows } = await pool.query(
    `SELECT DISTINCT message_id, type, count(*) OVER () AS sent FROM outbox
     WHERE message_key = $1 AND type LIKE 'ReservationConfirm%'`,
    [reservationId],
  )
  expect(rows).toEqual([{ message_id: expect.any(String), type: 'ReservationConfirmed', sent: 10 }])
})

test('of two holds of a place that are paid at once, exactly one confirmation says that no hold is left', async () => {
  for (let round = 0; round < 30; round += 1) {
    const scheduleId = newSchedule()
    const seats = [1, 2].map((seat) => ({ seatIds: [scheduleId * 1_000 + seat] }))
    const holds = [await hold('buyer', scheduleId, seats[0] ?? { quantity: 1 })]
    holds.push(await hold('buyer', scheduleId, seats[1] ?? { quantity: 1 }))
    expect(await Promise.all(holds.map((won) => confirm(won)))).toEqual([
      'ReservationConfirmed',
      'ReservationConfirmed',
    ])
    const { rows } = await pool.query<{ left: number }>(
      `SELECT (payload -> 'queuePlace' ->> 'liveHoldsLeft')::int AS left FROM confirm_replies
       WHERE reservation_id = ANY ($1::uuid[]) ORDER BY 1`,
      [holds.map((won) => won.reservationId)],
    )
    expect(rows.map((row) => row.left)).toEqual([0, 1])
  }
})

test('the seat limit holds while a user pays or refreshes a lapsing hold and holds other seats at once', async () => {
  for (let round = 0; round < 20; round += 1) {
    const scheduleId = newSchedule()
    const seats = (from: number): number[] =>
      Array.from({ length: 6 }, (_, index) => scheduleId * 1_000 + from + index)
    const held = await hold('owner', scheduleId, { seatIds: seats(1) })
    await setDeadline(held.reservationId, round % 5)
    const refresh = { reservationId: held.reservationId, owner: 'owner', queueTokenOf: uuidv7, ...withoutKey }
    await Promise.all([
      round % 2 === 0 ? confirm(held) : outcome(refreshHold(ctx, refresh)),
      outcome(hold('owner', scheduleId, { seatIds: seats(11) })),
      outcome(hold('owner', scheduleId, { seatIds: seats(21) })),
    ])
    await expectInvariants()
  }
})

test.each(['payment', 'refresh'])(
  'a %s waits for the holds of the same user, who could otherwise pass the seat limit at a deadline',
  async (what) => {
    const scheduleId = newSchedule()
    const held = await hold('owner', scheduleId, { seatIds: [scheduleId * 1_000 + 1] })
    const otherHold = await pool.connect()
    await otherHold.query('BEGIN')
    await lockUserSeats(otherHold, scheduleId, 'owner')
    const refresh = { reservationId: held.reservationId, owner: 'owner', queueTokenOf: uuidv7, ...withoutKey }
    const waiting = what === 'payment' ? confirm(held) : refreshHold(ctx, refresh)
    await eventually(async () => {
      const { rows } = await pool.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'`,
      )
      expect(rows).toHaveLength(1)
    })
    await otherHold.query('COMMIT')
    otherHold.release()
    await waiting
  },
)

test('whatever a few people do, in any order, the invariants hold', async () => {
  const action = fc.record({
    user: fc.integer({ min: 0, max: 3 }),
    what: fc.constantFrom('hold', 'hold', 'hold', 'best', 'confirm', 'cancel', 'refresh', 'lapse', 'sweep'),
    seats: fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
    pick: fc.nat(),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(action, { minLength: 1, maxLength: 5 }), { maxLength: 12 }),
      async (waves) => {
        const scheduleId = newSchedule()
        const made: HeldSeats[] = []
        for (const wave of waves) {
          await Promise.all(
            wave.map(async ({ user, what, seats, pick }) => {
              const target = made[pick % Math.max(1, made.length)]
              const seatIds = seats.map((seat) => scheduleId * 1_000 + seat)
              if (what === 'hold' || what === 'best') {
                const choice = what === 'hold' ? { seatIds } : { quantity: seats.length }
                const held = await outcome(hold(`u${user}`, scheduleId, choice))
                if (typeof held !== 'string') made.push(held)
              } else if (what === 'sweep') await expireHolds(ctx)
              else if (target === undefined) return
              else if (what === 'confirm') await confirm(target)
              else if (what === 'lapse') await lapseHold(target.reservationId)
              else if (what === 'cancel') {
                await outcome(
                  cancelReservation(ctx, { reservationId: target.reservationId, owner: null, ...withoutKey }),
                )
              } else {
                const command = {
                  reservationId: target.reservationId,
                  owner: null,
                  queueTokenOf: uuidv7,
                  ...withoutKey,
                }
                await outcome(refreshHold(ctx, command))
              }
            }),
          )
          await expectInvariants()
        }
      },
    ),
    { numRuns: 25 },
  )
})

/** Moves a hold's deadline into the past, as time would. Sold seats have no deadline and stay. */
async function lapseHold(reservationId: string): Promise<void> {
  await pool.query(
    `WITH locked AS MATERIALIZED (
       SELECT h.seat_id FROM seat_holds h WHERE h.reservation_id = $1 AND h.expires_at < 'infinity'
       ORDER BY h.seat_id FOR UPDATE),
     moved AS (UPDATE reservations SET expires_at = 'epoch' WHERE reservation_id = $1 AND status = 'HOLD'
       AND EXISTS (SELECT FROM locked))
     UPDATE seat_holds h SET expires_at = 'epoch' FROM locked
     WHERE h.reservation_id = $1 AND h.seat_id = locked.seat_id AND h.expires_at < 'infinity'`,
    [reservationId],
  )
}
