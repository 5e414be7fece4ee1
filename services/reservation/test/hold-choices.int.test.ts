import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { layOutRuns } from './neighbours.ts'
import { startRunningService } from './running-service.ts'
import type { RunningService } from './running-service.ts'

// POST /reservations over HTTP: how seats are chosen, what the buyer saw, and what is still sold while the catalog is away.
let running: RunningService

beforeAll(async () => {
  running = await startRunningService({ topics: false })
})
afterAll(() => running.stop())

test('one seat can be named alone, at the price that was seen, once', async () => {
  const body = { scheduleId: 1, seatId: 1040, price: 900, totalAmount: 900 }
  const refused = await running.hold('135', { ...body, price: 1_500 })
  expect(refused).toMatchObject({
    status: 409,
    code: 'PRICE_CHANGED',
    details: { field: 'price', seen: 1_500, now: 900 },
  })
  const held = await running.hold('135', body, { 'idempotency-key': 'one' })
  expect(held).toMatchObject({ status: 201, data: { totalAmount: 900, remainingAllowance: 5 } })
  expect(held.data.seats.map((seat: { seatId: number }) => seat.seatId)).toEqual([1040])
  const again = await running.hold('135', body, { 'idempotency-key': 'one' })
  expect(again.data).toEqual(held.data)
})

test('a schedule that wants no orphans has none', async () => {
  const schedule = running.neighbours.schedules.get(4)
  if (schedule === undefined) throw new Error('schedule 4 is there')
  running.neighbours.schedules.set(5, {
    ...schedule,
    status: 'ON_SALE',
    noOrphanSeats: true,
    runs: layOutRuns(5, 10),
  })
  const refused = await running.hold('136', { scheduleId: 5, seatIds: [5002] })
  expect(refused).toMatchObject({ status: 422, code: 'ORPHAN_SEAT', details: { seatIds: [5001] } })
  expect((await running.hold('136', { scheduleId: 5, seatId: 5001 })).status).toBe(201)
})

test('more than the limit is refused as that, however few seats there are', async () => {
  expect(await running.hold('137', { scheduleId: 1, quantity: 61 })).toMatchObject({
    status: 422,
    code: 'SEAT_LIMIT_EXCEEDED',
    details: { limit: 6, held: 0, requested: 61 },
  })
})

test('while the catalog is away, schedules that it was asked for lately are still sold', async () => {
  await running.hold('601', { scheduleId: 2, seatIds: [2501] })
  running.neighbours.catalogIsAway = true
  try {
    expect((await running.hold('601', { scheduleId: 2, seatIds: [2502] })).status).toBe(201)
    expect(await running.hold('601', { scheduleId: 9, seatIds: [9001] })).toMatchObject({
      status: 503,
      code: 'UNAVAILABLE',
    })
  } finally {
    running.neighbours.catalogIsAway = false
  }
})
