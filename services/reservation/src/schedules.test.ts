import { describe, expect, test } from '@jest/globals'
import type { SeatRun__Output as SeatRun } from '@frontrow/proto/gen/frontrow/catalog/v1/SeatRun'
import { refuse } from '@frontrow/proto/refusals'
import { createLogger } from '@frontrow/service-host/logger'
import type { CatalogCalls } from './clients.ts'
import { rememberSchedules } from './schedules.ts'

const logger = createLogger({ service: 'test', level: 'silent' })

function catalogOf(seatCount: number, seatsPerRow = 10) {
  const asked = { schedule: 0, seats: 0 }
  let isAway = false
  const calls: CatalogCalls = {
    getSchedule: async ({ scheduleId }) => {
      asked.schedule += 1
      if (isAway) throw refuse('UNAVAILABLE', 'away')
      return {
        scheduleId,
        concertId: 1,
        concertTitle: '',
        venueId: 1,
        venueName: '',
        performanceAtMs: 0,
        waitingRoomOpenAtMs: 0,
        bookingOpenAtMs: 0,
        bookingCloseAtMs: 0,
        status: 'ON_SALE',
        seatCount,
        noOrphanSeats: false,
        timeZone: 'Asia/Seoul',
        refundableUntilMs: 0,
      }
    },
    getSeatRuns: async ({ afterSeatId, limit }) => {
      asked.seats += 1
      const runs: SeatRun[] = []
      const end = Math.min(seatCount, afterSeatId + limit)
      for (let seatId = afterSeatId + 1; seatId <= end; seatId += seatsPerRow) {
        const row = String(Math.ceil(seatId / seatsPerRow))
        const inRow = Math.min(seatsPerRow, end - seatId + 1)
        runs.push({
          firstSeatId: seatId,
          firstSeatNumber: seatId,
          seatCount: inRow,
          section: 'A',
          row,
          grade: 'R',
          price: 1,
        })
      }
      return { runs }
    },
  }
  return { calls, asked, goAway: () => (isAway = true) }
}

describe('rememberSchedules', () => {
  test('asks once for a crowd, again when the answer is old or forgotten', async () => {
    let now = 0
    const { calls, asked } = catalogOf(10)
    const schedules = rememberSchedules(calls, { freshMs: 2_000, logger, now: () => now })
    await Promise.all(Array.from({ length: 50 }, () => schedules.schedule(1)))
    expect(asked.schedule).toBe(1)
    now = 1_999
    await schedules.schedule(1)
    expect(asked.schedule).toBe(1)
    now = 2_000
    await schedules.schedule(1)
    expect(asked.schedule).toBe(2)
    schedules.forget(1)
    await schedules.schedule(1)
    expect(asked.schedule).toBe(3)
  })

  test('reads all pages of seats, once', async () => {
    const { calls, asked } = catalogOf(25_000)
    const schedules = rememberSchedules(calls, { freshMs: 2_000, logger })
    const [layout] = await Promise.all([schedules.layout(1), schedules.layout(1)])
    expect(
      layout?.runs.flatMap(({ firstSeatId, seatCount }) =>
        Array.from({ length: seatCount }, (_, index) => firstSeatId + index),
      ),
    ).toEqual(Array.from({ length: 25_000 }, (_, index) => index + 1))
    await schedules.layout(1)
    expect(asked.seats).toBe(3)
  })

  test('reads the seats again once the schedule has more of them', async () => {
    const { calls, asked } = catalogOf(20)
    let isAdded = false
    const smaller: CatalogCalls = {
      ...calls,
      getSchedule: async (request) => ({
        ...(await calls.getSchedule(request)),
        seatCount: isAdded ? 20 : 10,
      }),
      getSeatRuns: async (request) => {
        const { runs } = await calls.getSeatRuns(request)
        return { runs: isAdded ? runs : runs.slice(0, 1) }
      },
    }
    let now = 0
    const schedules = rememberSchedules(smaller, { freshMs: 2_000, logger, now: () => now })
    expect((await schedules.layout(1)).seat(11)).toBeUndefined()
    isAdded = true
    now = 2_000
    expect((await schedules.layout(1)).seat(11)?.seatId).toBe(11)
    await schedules.layout(1)
    expect(asked.seats).toBe(2)
  })

  test.each([
    ['a hundred schedules of 10,000 seats', 100, 10_000],
    ['a thousand schedules of 1,000 seats', 1_000, 1_000],
  ])('remembers the seats of %s at once', async (_, scheduleCount, seatCount) => {
    const { calls, asked } = catalogOf(seatCount, 8)
    const schedules = rememberSchedules(calls, { freshMs: 2_000, logger })
    for (let id = 1; id <= scheduleCount; id += 1) await schedules.layout(id)
    const asking = asked.seats
    for (let id = 1; id <= scheduleCount; id += 1) await schedules.layout(id)
    expect(asked.seats).toBe(asking)
  })

  test('forgets the seats that were asked for longest ago where those of all take too much memory', async () => {
    // Each seat is a row of its own, so 15 schedules have the 150,000 runs that are remembered.
    const { calls, asked } = catalogOf(9_999, 1)
    const schedules = rememberSchedules(calls, { freshMs: 2_000, logger })
    for (let id = 1; id <= 15; id += 1) await schedules.layout(id)
    await schedules.layout(1)
    expect(asked.seats).toBe(15)
    await schedules.layout(16)
    await schedules.layout(1)
    expect(asked.seats).toBe(16)
    await schedules.layout(2)
    expect(asked.seats).toBe(17)
  })

  test('seats that come out of order are an error instead of a layout, and no endless reading', async () => {
    const { calls } = catalogOf(10_000)
    const firstPageAgain: CatalogCalls = {
      ...calls,
      getSeatRuns: (request) => calls.getSeatRuns({ ...request, afterSeatId: 0 }),
    }
    const schedules = rememberSchedules(firstPageAgain, { freshMs: 2_000, logger })
    await expect(schedules.layout(1)).rejects.toThrow('out of order at seat 1')
  })

  test('while the catalog is away, what it said last stands for five minutes', async () => {
    let now = 0
    const { calls, goAway } = catalogOf(10)
    const schedules = rememberSchedules(calls, { freshMs: 2_000, logger, now: () => now })
    await schedules.schedule(1)
    goAway()
    now = 300_000
    expect((await schedules.schedule(1)).status).toBe('ON_SALE')
    now = 300_001
    await expect(schedules.schedule(1)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await expect(schedules.schedule(2)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })
})
