import { describe, expect, test } from '@jest/globals'
import { refuse } from '@frontrow/proto/refusals'
import { createLogger } from '@frontrow/service-host/logger'
import type { CatalogCalls } from './clients.ts'
import { rememberSchedules } from './schedules.ts'

const logger = createLogger({ service: 'test', level: 'silent' })

function catalogOf(seatCount: number) {
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
      }
    },
    getSeats: async ({ afterSeatId, limit }) => {
      asked.seats += 1
      const count = Math.max(0, Math.min(limit, seatCount - afterSeatId))
      const seats = Array.from({ length: count }, (_, index) => ({
        seatId: afterSeatId + index + 1,
        seatNumber: afterSeatId + index + 1,
        section: 'A',
        row: '1',
        grade: 'R',
        price: 1,
      }))
      return { seats }
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
    const { calls, asked } = catalogOf(5_000)
    const schedules = rememberSchedules(calls, { freshMs: 2_000, logger })
    const [layout] = await Promise.all([schedules.layout(1), schedules.layout(1)])
    expect(layout?.seats).toHaveLength(5_000)
    expect(layout?.byId.get(4_999)?.seatNumber).toBe(4_999)
    await schedules.layout(1)
    expect(asked.seats).toBe(3)
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
