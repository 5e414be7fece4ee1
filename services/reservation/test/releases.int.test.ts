import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createClient } from '@frontrow/postgres/pool'
import type { Pool } from '@frontrow/postgres/pool'
import { inTransaction } from '@frontrow/postgres/transaction'
import { isRefusal } from '@frontrow/proto/refusals'
import fc from 'fast-check'
import { uuidv7 } from 'uuidv7'
import { cancelReservation } from '../src/cancel-reservation.ts'
import { cancelSchedules } from '../src/cancel-schedule.ts'
import type { Context } from '../src/context.ts'
import { expireHolds } from '../src/expire-holds.ts'
import { getReservation } from '../src/get-reservations.ts'
import { holdSeats } from '../src/hold-seats.ts'
import { refreshHold } from '../src/refresh-hold.ts'
import { readAllowance, readAllowanceOnceReleased } from '../src/releases.ts'
import { shareHolds } from '../src/share-holds.ts'
import { insertCancelledSchedules } from '../src/sql/cancelled-schedules.ts'
import { listReleases } from '../src/sql/releases.ts'
import { confirmMany } from './confirm-many.ts'
import { findViolations, startUseCases, withoutKey } from './use-case-context.ts'
import type { UseCases } from './use-case-context.ts'

// Nobody keeps seats from the others by holding them again and again: what is taken and not kept is counted. Here 18 seats an hour.

let useCases: UseCases
let pool: Pool
let ctx: Context
let scheduleId = 0

beforeAll(async () => {
  useCases = await startUseCases()
  pool = useCases.pool
  const config = { ...useCases.ctx.config, RELEASES_MAX: 18 }
  ctx = { ...useCases.ctx, config, takeSeats: shareHolds(pool, config) }
})
afterAll(() => useCases.stop())

const newSchedule = (): number => (scheduleId += 1)
const seatIds = (count: number, first = 1): number[] =>
  Array.from({ length: count }, (_, index) => scheduleId * 1_000 + first + index)

interface Held {
  reservationId: string
  totalAmount: number
  releasesLeft: number
}

function isHeld(data: unknown): data is Held {
  return typeof data === 'object' && data !== null && 'releasesLeft' in data
}

async function hold(userId: string, seats: number[], of = scheduleId): Promise<Held> {
  const command = { userId, scheduleId: of, queueToken: uuidv7(), choice: { seatIds: seats } }
  const { data } = await holdSeats(ctx, command)
  if (!isHeld(data)) throw new Error('no hold was answered')
  return data
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (error) {
    if (isRefusal(error)) return error.code
    throw error
  }
}

const cancel = (userId: string | null, { reservationId }: Pick<Held, 'reservationId'>) =>
  cancelReservation(ctx, { reservationId, owner: userId, ...withoutKey })

async function refresh(userId: string, { reservationId }: Held): Promise<void> {
  await refreshHold(ctx, { reservationId, owner: userId, queueTokenOf: uuidv7, ...withoutKey })
}

async function pay(userId: string, { reservationId, totalAmount: amount }: Held): Promise<void> {
  await confirmMany(ctx, [{ paymentId: uuidv7(), reservationId, userId, amount }])
}

async function lapse({ reservationId }: Held): Promise<void> {
  const past = `clock_timestamp() - interval '1 second'`
  await pool.query(
    `WITH moved AS (UPDATE reservations SET expires_at = ${past} WHERE reservation_id = $1)
     UPDATE seat_holds SET expires_at = ${past} WHERE reservation_id = $1`,
    [reservationId],
  )
}

const left = async (userId: string): Promise<number> =>
  (await readAllowance(ctx, scheduleId, userId)).releasesLeft

describe('what counts', () => {
  test('what is given back, left to run out, or cancelled after it was paid; a refreshed hold as often as it had its length', async () => {
    newSchedule()
    await cancel('fan', await hold('fan', seatIds(2)))
    expect(await left('fan')).toBe(16)

    const refreshed = await hold('fan', seatIds(2))
    await refresh('fan', refreshed)
    const onceReleased = readAllowanceOnceReleased(
      ctx,
      ctx.pool,
      await getReservation(ctx, refreshed.reservationId, 'fan'),
    )
    expect(await onceReleased).toEqual({ releasesLeft: 12, holdAgainAt: null })
    await cancel('fan', refreshed)
    expect(await left('fan')).toBe(12)

    const bought = await hold('fan', seatIds(1))
    expect(bought.releasesLeft).toBe(12)
    await pay('fan', bought)
    expect(await left('fan')).toBe(12)
    await cancel('fan', bought)
    expect(await left('fan')).toBe(11)
  })

  test('a hold that ran out counts from that moment and once, whether it is swept, taken over or neither', async () => {
    newSchedule()
    await lapse(await hold('fan', seatIds(3)))
    expect(await left('fan')).toBe(15)
    await hold('other', seatIds(3))
    expect(await left('fan')).toBe(15)
    await lapse(await hold('fan', seatIds(1, 4)))
    expect(await left('fan')).toBe(14)
    await expireHolds(ctx)
    expect(await left('fan')).toBe(14)
    expect(await left('other')).toBe(18)
  })

  test('nobody but the holder uses any of it up', async () => {
    newSchedule()
    const held = await hold('fan', seatIds(6))
    expect(await codeOf(cancel('stranger', held))).toBe('RESERVATION_NOT_FOUND')
    expect(await codeOf(hold('stranger', seatIds(6)))).toBe('SEAT_TAKEN')
    await cancel(null, held)
    const bought = await hold('fan', seatIds(6))
    await pay('fan', bought)
    await cancel(null, bought)
    await hold('fan', seatIds(6))
    await inTransaction(pool, (tx) => insertCancelledSchedules(tx, [scheduleId]))
    await cancelSchedules(ctx)
    expect(await readAllowance(ctx, scheduleId, 'fan')).toEqual({ releasesLeft: 18, holdAgainAt: null })
  })
})

test('what somebody released is found by the index, also where the plan was made while the table was small', async () => {
  newSchedule()
  await cancel('fan', await hold('fan', seatIds(2)))
  const owner = createClient(useCases.environment.adminDatabaseUrl, 'test')
  await owner.connect()
  // Now plans are made for a table of one page or few.
  await owner.query('ANALYZE reservation.reservations')
  await owner.end()
  const scans = await inTransaction(pool, async (tx) => {
    const read = async (): Promise<number> => {
      const { rows } = await tx.query<{ scans: number }>(
        `SELECT seq_scan::int AS scans FROM pg_stat_xact_user_tables WHERE relname = 'reservations' AND schemaname = 'reservation'`,
      )
      return rows[0]?.scans ?? NaN
    }
    const before = await read()
    expect(await listReleases(tx, scheduleId, 'fan', ctx.config.RELEASES_WINDOW_MS)).toHaveLength(1)
    return (await read()) - before
  })
  expect(scans).toBe(0)
})

/** Makes `userId` give back six seats three times. */
async function useUp(userId: string): Promise<void> {
  for (let round = 0; round < 3; round += 1) await cancel(userId, await hold(userId, seatIds(6)))
}

describe('at the limit', () => {
  test('no seat of the schedule is held, by name or best available, until the first of it is an hour old; all else goes on', async () => {
    newSchedule()
    const bought = await hold('fan', seatIds(1, 90))
    await pay('fan', bought)
    const kept = await hold('fan', seatIds(1, 91))
    for (let round = 0; round < 4; round += 1) await cancel('fan', await hold('fan', seatIds(4)))
    const last = await hold('fan', seatIds(2))
    const reservation = await getReservation(ctx, last.reservationId, 'fan')
    expect(await readAllowanceOnceReleased(ctx, ctx.pool, reservation)).toMatchObject({ releasesLeft: 0 })
    await cancel('fan', last)

    const { holdAgainAt } = await readAllowance(ctx, scheduleId, 'fan')
    const details = { limit: 18, holdAgainAt: holdAgainAt?.toISOString() }
    const refusal = { code: 'RELEASE_LIMIT_EXCEEDED', http: 429, details }
    await hold('other', seatIds(6))
    for (const choice of [{ seatIds: seatIds(1, 50) }, { seatIds: seatIds(1) }, { quantity: 1 }]) {
      const asked = { userId: 'fan', scheduleId, queueToken: uuidv7(), choice }
      const refused = await holdSeats(ctx, asked).catch((error: unknown) => error)
      expect(refused).toMatchObject(refusal)
      if (!isRefusal(refused)) throw refused
      expect(refused.retryAfterSeconds).toBeGreaterThan(3_000)
      expect(refused.retryAfterSeconds).toBeLessThanOrEqual(3_601)
    }
    expect((await hold('fan', [999_001], 999)).releasesLeft).toBe(18)
    await refresh('fan', kept)
    await pay('fan', kept)

    // The first four seats are an hour old.
    await pool.query(
      `UPDATE reservations SET reserved_at = reserved_at - interval '1 hour' WHERE reservation_id = (
         SELECT reservation_id FROM reservations WHERE user_id = 'fan' AND schedule_id = $1 AND status = 'CANCELLED'
         ORDER BY reserved_at LIMIT 1)`,
      [scheduleId],
    )
    expect((await hold('fan', seatIds(1, 60))).releasesLeft).toBe(4)
  })

  test('a repeated key gets the answer of the hold that it made', async () => {
    newSchedule()
    const asked = { userId: 'fan', scheduleId, queueToken: uuidv7(), choice: { seatIds: seatIds(1) } }
    const first = await holdSeats(ctx, { ...asked, idempotencyKey: 'one' })
    if (!isHeld(first.data)) throw new Error('no hold was answered')
    await cancel('fan', first.data)
    await useUp('fan')
    expect(await holdSeats(ctx, { ...asked, idempotencyKey: 'one' })).toEqual({ ...first, isReplay: true })
    expect(await codeOf(holdSeats(ctx, { ...asked, idempotencyKey: 'two' }))).toBe('RELEASE_LIMIT_EXCEEDED')
  })

  test('whatever is tried at once, nobody gets past it by more than what they may hold', async () => {
    newSchedule()
    const codes: string[] = []
    // Far more attempts than the limit allows to succeed.
    const persist = async (worker: number): Promise<void> => {
      for (let attempt = 0; attempt < 12; attempt += 1) {
        const held = await hold('fan', seatIds(2, 1 + 2 * worker)).catch((error: unknown) => {
          if (!isRefusal(error)) throw error
          codes.push(error.code)
        })
        if (held !== undefined) await Promise.all([cancel('fan', held), cancel('fan', held)])
      }
    }
    await Promise.all(Array.from({ length: 8 }, (_, worker) => persist(worker)))
    const { rows } = await pool.query<{ released: number }>(
      `SELECT sum(cardinality(seat_ids))::int AS released FROM reservations WHERE schedule_id = $1 AND status = 'CANCELLED'`,
      [scheduleId],
    )
    expect(rows[0]?.released).toBeGreaterThanOrEqual(18)
    expect(rows[0]?.released).toBeLessThan(18 + 6)
    expect(codes).toContain('RELEASE_LIMIT_EXCEEDED')
    expect(await codeOf(hold('fan', seatIds(1)))).toBe('RELEASE_LIMIT_EXCEEDED')
    expect(await findViolations(ctx)).toEqual([])
  })
})

test('a hold ends three lengths after it was made at the latest, however often it is extended at once', async () => {
  newSchedule()
  const held = await hold('fan', seatIds(2))
  const codes = await Promise.all(Array.from({ length: 8 }, () => codeOf(refresh('fan', held))))
  expect(codes.toSorted()).toEqual([
    ...Array.from({ length: 6 }, () => 'REFRESH_LIMIT_EXCEEDED'),
    'done',
    'done',
  ])
  const { reservedAt, expiresAt } = await getReservation(ctx, held.reservationId, 'fan')
  expect(expiresAt.getTime() - reservedAt.getTime()).toBe(3 * ctx.config.HOLD_MS)
})

const anyRow = fc.record({
  seats: fc.integer({ min: 1, max: 6 }),
  refreshes: fc.integer({ min: 0, max: 2 }),
  // Kept clear of the hour, since time goes on while the test runs.
  minutesAgo: fc.oneof(fc.integer({ min: 20, max: 58 }), fc.integer({ min: 62, max: 200 })),
  became: fc.constantFrom('EXPIRED', 'LAPSED', 'GIVEN_BACK', 'BY_ADMIN', 'WITH_SCHEDULE', 'REFUNDED', 'KEPT'),
})

test('the statement that holds counts as the one that tells what is left, for whatever somebody did before', async () => {
  const counts = new Set(['EXPIRED', 'LAPSED', 'GIVEN_BACK', 'REFUNDED'])
  const status = { EXPIRED: 'EXPIRED', LAPSED: 'HOLD', KEPT: 'CONFIRMED' }
  await fc.assert(
    fc.asyncProperty(fc.array(anyRow, { maxLength: 8 }), async (rows) => {
      newSchedule()
      const userId = `fan-${scheduleId}`
      for (const { seats, refreshes, minutesAgo, became } of rows) {
        const at = new Date(Date.now() - minutesAgo * 60_000)
        const isPaid = became === 'KEPT' || became === 'REFUNDED'
        const stored = Object.entries(status).find(([name]) => name === became)?.[1] ?? 'CANCELLED'
        const isCancelled = stored === 'CANCELLED'
        await pool.query(
          `INSERT INTO reservations (reservation_id, reservation_number, user_id, schedule_id, status, total_amount, seat_ids, seats, refreshes,
             reserved_at, expires_at, payment_id, confirmed_at, cancelled_at, cancel_reason, cancelled_by_admin)
           VALUES ((lpad(to_hex($1::bigint), 12, '0') || replace(substr(gen_random_uuid()::text, 15), '-', ''))::uuid,
             gen_random_uuid()::text, $2, $3, $4, 0, $5, '[]', $6, to_timestamp($1::bigint / 1000.0),
             to_timestamp($1::bigint / 1000.0) + interval '15 minutes', $7, $8, $9, $10, $11)`,
          [
            at.getTime(),
            userId,
            scheduleId,
            stored,
            seatIds(seats),
            refreshes,
            isPaid ? uuidv7() : null,
            isPaid ? at : null,
            isCancelled ? at : null,
            isCancelled ? (became === 'WITH_SCHEDULE' ? 'SCHEDULE_CANCELLED' : 'USER_CANCELLED') : null,
            became === 'BY_ADMIN',
          ],
        )
      }
      const released = rows
        .filter(({ became, minutesAgo }) => counts.has(became) && minutesAgo < 60)
        .reduce((sum, { seats, refreshes }) => sum + seats * (1 + refreshes), 0)
      const allowance = await readAllowance(ctx, scheduleId, userId)
      expect(allowance.releasesLeft).toBe(Math.max(0, 18 - released))
      const held = await hold(userId, seatIds(1)).catch((error: unknown) => {
        if (isRefusal(error, 'RELEASE_LIMIT_EXCEEDED')) return { releasesLeft: 0 }
        throw error
      })
      expect(held.releasesLeft).toBe(allowance.releasesLeft)
    }),
    { numRuns: 40 },
  )
})
