import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Pool } from '@frontrow/postgres/pool'
import { isRefusal } from '@frontrow/proto/refusals'
import { uuidv7 } from 'uuidv7'
import { z } from 'zod'
import { cancelReservation } from '../src/cancel-reservation.ts'
import type { Context } from '../src/context.ts'
import type { HoldSeats } from '../src/hold-seats.ts'
import { holdSeats } from '../src/hold-seats.ts'
import { SeatLayout } from '../src/seat-layout.ts'
import { findViolations, startUseCases, useCaseContext, withoutKey } from './use-case-context.ts'
import type { UseCases } from './use-case-context.ts'

// Best available seats, orphans and prices on a real database, with as many processes as a test wants.
let useCases: UseCases
let pool: Pool
let base: Context
let scheduleId = 0
let users = 0

beforeAll(async () => {
  useCases = await startUseCases()
  pool = useCases.pool
  base = useCases.ctx
})
afterAll(() => useCases.stop())

const answer = z.object({
  reservationId: z.string(),
  totalAmount: z.number(),
  seats: z.array(z.object({ seatId: z.number(), seatNumber: z.number(), row: z.string() })),
  remainingAllowance: z.number(),
})

/** A process of the service whose schedules all have this layout. */
function processOf(layout: SeatLayout, { noOrphanSeats = false } = {}) {
  const { schedules, ...rest } = useCaseContext(useCases.environment, pool)
  return {
    ...rest,
    schedules: {
      ...schedules,
      schedule: async (id: number) => ({ ...(await schedules.schedule(id)), noOrphanSeats }),
      layout: async () => layout,
    },
  }
}

function rowsOf(rows: number, seatsPerRow: number, price = 900): SeatLayout {
  return new SeatLayout(
    Array.from({ length: rows }, (_, row) => ({
      firstSeatId: row * seatsPerRow + 1,
      firstSeatNumber: 1,
      seatCount: seatsPerRow,
      section: 'A',
      row: String(row + 1),
      grade: 'R',
      price,
    })),
  )
}

type Process = ReturnType<typeof processOf>
type Wish = Pick<HoldSeats, 'choice' | 'seen' | 'idempotencyKey'> & { userId?: string }

async function hold(process: Process, { userId = `u${(users += 1)}`, ...wish }: Wish) {
  const { data } = await holdSeats(process, { userId, scheduleId, queueToken: uuidv7(), ...wish })
  return answer.parse(data)
}

/** Code and details of a refusal; any other end of the work fails the test. */
async function refusalOf(work: Promise<unknown>): Promise<{ code: string; details: unknown }> {
  const error: unknown = await work.then(
    (data) => new Error(`it was not refused: ${JSON.stringify(data)}`),
    (reason: unknown) => reason,
  )
  if (!isRefusal(error)) throw error
  return { code: error.code, details: error.details }
}

/** Takes seats as another process would, unknown to this one. */
async function takenElsewhere(...seatIds: number[]): Promise<void> {
  await pool.query(
    `INSERT INTO seat_holds (schedule_id, seat_id, reservation_id, user_id, held_at, expires_at)
     SELECT $1, seat_id, gen_random_uuid(), 'elsewhere', now(), now() + interval '1 hour' FROM unnest($2::int[]) AS s (seat_id)`,
    [scheduleId, seatIds],
  )
}

async function countHeld(): Promise<number> {
  const { rows } = await pool.query<{ held: number }>(
    'SELECT count(*) AS held FROM seat_holds WHERE schedule_id = $1',
    [scheduleId],
  )
  return rows[0]?.held ?? 0
}

test.each([
  ['40 people of 80 seats', 40, 4, 20, 1],
  ['40 people of 80 seats, at two processes', 40, 4, 20, 2],
  ['160 people of 320 seats', 160, 16, 20, 1],
  ['160 people of 320 seats, at two processes', 160, 16, 20, 2],
  ['160 people of 320 seats, at two processes, in short rows', 160, 32, 10, 2],
  ['160 people of 8,000 seats', 160, 200, 40, 1],
  ['160 people of 8,000 seats, at two processes', 160, 200, 40, 2],
])('%s: all who want two at once have two, side by side', async (_name, people, rows, seatsPerRow, count) => {
  scheduleId += 1
  const layout = rowsOf(rows, seatsPerRow)
  const processes = Array.from({ length: count }, () => processOf(layout))
  const held = await Promise.all(
    Array.from({ length: people }, (_, index) =>
      hold(processes[index % count] ?? processOf(layout), { choice: { quantity: 2 } }),
    ),
  )
  for (const { seats } of held) {
    expect(seats.map(({ row }) => row)).toEqual([seats[0]?.row, seats[0]?.row])
    expect((seats[1]?.seatNumber ?? 0) - (seats[0]?.seatNumber ?? 0)).toBe(1)
  }
  expect(await countHeld()).toBe(2 * people)
})

test('of more people than seats, as many are served as there are seats for, and the others are told', async () => {
  scheduleId += 1
  const layout = rowsOf(2, 10)
  const processes = [processOf(layout), processOf(layout)]
  const ends = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      hold(processes[index % 2] ?? processOf(layout), { choice: { quantity: 2 } }).then(
        () => 'held',
        (error: unknown) => (isRefusal(error) ? error.code : error),
      ),
    ),
  )
  expect(Map.groupBy(ends, (end) => end).get('held')).toHaveLength(10)
  expect(Map.groupBy(ends, (end) => end).get('SEAT_TAKEN')).toHaveLength(30)
})

test('seats that a refused request had picked go to the next one, who waits for them', async () => {
  scheduleId += 1
  const process = processOf(rowsOf(1, 10))
  await hold(process, { userId: 'has-six', choice: { seatIds: [1, 2, 3, 4, 5, 6] } })
  // The first would have too many seats; while that is not known the four seats that are left are picked for them.
  const [greedy, next] = await Promise.all([
    refusalOf(hold(process, { userId: 'has-six', choice: { quantity: 4 } })),
    hold(process, { choice: { quantity: 4 } }),
  ])
  expect(greedy.code).toBe('SEAT_LIMIT_EXCEEDED')
  expect(next.seats.map(({ seatId }) => seatId)).toEqual([7, 8, 9, 10])
})

test('seats that were taken elsewhere are picked around, and seats given up are offered to the next at once', async () => {
  scheduleId += 1
  const process = processOf(rowsOf(1, 6))
  const first = await hold(process, { choice: { quantity: 2 } })
  expect(first.seats.map(({ seatId }) => seatId)).toEqual([3, 4])
  await takenElsewhere(1, 2)
  const second = await hold(process, { choice: { quantity: 2 } })
  expect(second.seats.map(({ seatId }) => seatId)).toEqual([5, 6])
  await cancelReservation(process, { reservationId: first.reservationId, owner: null, ...withoutKey })
  const third = await hold(process, { choice: { quantity: 2 } })
  expect(third.seats.map(({ seatId }) => seatId)).toEqual([3, 4])
})

test('where enough seats are left but not side by side the refusal says so, and allowSplit gets them', async () => {
  scheduleId += 1
  const process = processOf(rowsOf(3, 5))
  await takenElsewhere(3, 8, 11, 12, 13)
  expect(await refusalOf(hold(process, { choice: { quantity: 4 } }))).toEqual({
    code: 'SEAT_TAKEN',
    details: { seatIds: [], requested: 4, available: 10, largestGroup: 2, splitWouldDo: true },
  })
  const apart = await hold(process, { choice: { quantity: 4, allowSplit: true } })
  expect(apart.seats.map(({ seatId }) => seatId)).toEqual([1, 2, 4, 5])
  expect((await hold(process, { choice: { quantity: 6, allowSplit: true } })).seats).toHaveLength(6)
  expect(await refusalOf(hold(process, { choice: { quantity: 1, allowSplit: true } }))).toMatchObject({
    details: { available: 0, largestGroup: 0, splitWouldDo: false },
  })
})

test('the limit of a user answers before what is free, whatever was asked for', async () => {
  scheduleId += 1
  const process = processOf(rowsOf(1, 50), { noOrphanSeats: true })
  const userId = 'limited'
  const over = (held: number, requested: number) => ({
    code: 'SEAT_LIMIT_EXCEEDED',
    details: { limit: 6, held, requested },
  })
  expect(await refusalOf(hold(process, { userId, choice: { quantity: 61 } }))).toEqual(over(0, 61))
  const five = await hold(process, { userId, choice: { quantity: 5 } })
  expect(five.remainingAllowance).toBe(1)
  const wishes: Wish[] = [
    { choice: { quantity: 2 }, seen: { price: 1 } },
    { choice: { seatIds: [2, 3] }, seen: { totalAmount: 1 } },
    { choice: { seatIds: [2, 3] } },
  ]
  for (const wish of wishes) expect(await refusalOf(hold(process, { userId, ...wish }))).toEqual(over(5, 2))
  await takenElsewhere(
    ...Array.from({ length: 50 }, (_, index) => index + 1).filter((id) => id < 20 || id > 30),
  )
  expect(await refusalOf(hold(process, { userId, choice: { quantity: 6 } }))).toEqual(over(5, 6))
})

test('noOrphanSeats refuses a choice that leaves a single seat, unless no choice can help it', async () => {
  scheduleId += 1
  const layout = rowsOf(2, 6)
  const strict = processOf(layout, { noOrphanSeats: true })
  expect(await refusalOf(hold(strict, { choice: { seatIds: [2, 3] } }))).toEqual({
    code: 'ORPHAN_SEAT',
    details: { seatIds: [1] },
  })
  expect(await countHeld()).toBe(0)
  await hold(strict, { choice: { seatIds: [1, 2, 3] } })
  // In the row behind two seats would still leave none alone.
  expect((await refusalOf(hold(strict, { choice: { seatIds: [4, 5] } }))).details).toEqual({ seatIds: [6] })
  await takenElsewhere(7, 8, 9)
  expect((await hold(strict, { choice: { seatIds: [4, 5] } })).seats).toHaveLength(2)
  // A seat that is taken is the other refusal.
  expect((await refusalOf(hold(strict, { choice: { seatIds: [5, 11] } }))).code).toBe('SEAT_TAKEN')
  scheduleId += 1
  expect((await hold(processOf(layout), { choice: { seatIds: [2, 3] } })).seats).toHaveLength(2)
})

test('a repeated key gets its answer though the choice would be refused by now', async () => {
  scheduleId += 1
  const wish: Wish = {
    userId: 'again',
    choice: { seatIds: [1, 2] },
    seen: { price: 900 },
    idempotencyKey: 'k',
  }
  const first = await hold(processOf(rowsOf(1, 6), { noOrphanSeats: true }), wish)
  const dearer = processOf(rowsOf(1, 6, 1_000), { noOrphanSeats: true })
  expect(await hold(dearer, wish)).toEqual(first)
  const other = refusalOf(hold(dearer, { ...wish, seen: { price: 1_000 } }))
  expect((await other).code).toBe('IDEMPOTENCY_KEY_REUSED')
})

test('a price that is not so any more is refused with both, holds nothing, and its seats can be picked at once', async () => {
  scheduleId += 1
  const process = processOf(rowsOf(1, 2))
  const changed = (field: string, seen: number, now: number) => ({
    code: 'PRICE_CHANGED',
    details: { field, seen, now },
  })
  for (const choice of [{ quantity: 2 }, { seatIds: [1, 2] }]) {
    const at = (seen: HoldSeats['seen']) => hold(process, { choice, seen })
    expect(await refusalOf(at({ price: 800 }))).toEqual(changed('price', 800, 900))
    expect(await refusalOf(at({ totalAmount: 900 }))).toEqual(changed('totalAmount', 900, 1_800))
  }
  expect(await countHeld()).toBe(0)
  const held = await hold(process, { choice: { quantity: 2 }, seen: { price: 900, totalAmount: 1_800 } })
  expect(held.totalAmount).toBe(1_800)
})

test('the best available seats are picked among those of the price that was seen, until there are none left at it', async () => {
  scheduleId += 1
  const dearer = rowsOf(1, 4, 1_000).runs.map((run) => ({ ...run, firstSeatId: 101, section: 'B' }))
  const process = processOf(new SeatLayout([...rowsOf(1, 6, 500).runs, ...dearer]))
  const seatIdsOf = async (quantity: number, seen: HoldSeats['seen']) =>
    (await hold(process, { choice: { quantity }, seen })).seats.map(({ seatId }) => seatId)
  expect(await seatIdsOf(1, { price: 1_000 })).toEqual([101])
  // A total says as much of the price of each.
  expect(await seatIdsOf(2, { totalAmount: 2_000 })).toEqual([102, 103])
  expect(await seatIdsOf(2, { totalAmount: 1_000 })).toEqual([3, 4])
  expect(await seatIdsOf(1, { price: 1_000, totalAmount: 1_000 })).toEqual([104])
  const refused = (quantity: number, seen: HoldSeats['seen'], section?: string) =>
    refusalOf(hold(process, { choice: { quantity, section }, seen }))
  const taken = {
    code: 'SEAT_TAKEN',
    details: { seatIds: [], requested: 1, available: 0, largestGroup: 0, splitWouldDo: false },
  }
  expect(await refused(1, { price: 1_000 })).toEqual(taken)
  expect(await refused(1, { totalAmount: 1_000 })).toEqual(taken)
  const changed = (details: object) => ({ code: 'PRICE_CHANGED', details })
  expect(await refused(1, { price: 700 })).toEqual(
    changed({ field: 'price', seen: 700, now: 500, prices: [500, 1_000] }),
  )
  // Whether the seats of section B are free is not asked.
  expect(await refused(2, { price: 500 }, 'B')).toEqual(changed({ field: 'price', seen: 500, now: 1_000 }))
  expect(await refused(2, { totalAmount: 1_000 }, 'B')).toEqual(
    changed({ field: 'totalAmount', seen: 1_000, now: 2_000 }),
  )
  expect(await refused(2, { price: 500, totalAmount: 900 })).toEqual(
    changed({ field: 'totalAmount', seen: 900, now: 1_000 }),
  )
  expect(await countHeld()).toBe(6)
})

test('a change of price touches nothing that is held', async () => {
  scheduleId += 1
  const { reservationId } = await hold(processOf(rowsOf(1, 6)), { choice: { seatIds: [1, 2] } })
  const dearer = processOf(rowsOf(1, 6, 1_000))
  expect((await hold(dearer, { choice: { seatIds: [3, 4] } })).totalAmount).toBe(2_000)
  const { rows } = await pool.query(
    `SELECT total_amount, seats -> 0 ->> 'price' AS price FROM reservations WHERE reservation_id = $1`,
    [reservationId],
  )
  expect(rows).toEqual([{ total_amount: 1_800, price: '900' }])
})

test('the audit finds nothing wrong after all of that', async () => {
  await pool.query(`DELETE FROM seat_holds WHERE user_id = 'elsewhere'`)
  expect(await findViolations(base)).toEqual([])
})

test('a repeat that loses its seats to others is answered as the first request was, which had the last ones', async () => {
  scheduleId += 1
  const layout = rowsOf(1, 3)
  const first = processOf(layout)
  const second = processOf(layout)
  const wish = { choice: { quantity: 2 }, userId: 'twice', idempotencyKey: 'one' }
  let earlier: unknown
  const repeat = {
    ...second,
    takeSeats: async (...[wanted]: Parameters<Process['takeSeats']>) => {
      const { seats } = wanted.reservation
      await takenElsewhere(seats[0]?.seatId ?? 0)
      const outcome = await second.takeSeats(wanted)
      await pool.query(`DELETE FROM seat_holds WHERE user_id = 'elsewhere'`)
      earlier ??= await hold(first, wish)
      return outcome
    },
  }
  expect(await hold(repeat, wish)).toEqual(earlier)
  expect(await countHeld()).toBe(2)
})
