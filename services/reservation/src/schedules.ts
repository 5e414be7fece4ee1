import type { Schedule__Output as Schedule } from '@frontrow/proto/gen/frontrow/catalog/v1/Schedule'
import { FailureLog } from '@frontrow/failure-log/failure-log'
import { isRefusal } from '@frontrow/proto/refusals'
import { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import type { Logger } from '@frontrow/service-host/logger'
import type { CatalogCalls } from './clients.ts'
import type { Seat } from './reservation.ts'

const SEATS_PAGE = 2_000
// The largest schedule has 10,000 seats by default, about 2 MB here.
const SEAT_LAYOUTS_MAX = 50
const SCHEDULES_MAX = 2_000
// How old a schedule may be while the catalog does not answer. Its on-sale window is still checked, and a cancellation is
// known from our own table cancelled_schedules.
const STALE_MAX_MS = 300_000

/** The seats of one schedule, in the catalog's order, which is best first. */
export interface SeatLayout {
  readonly seats: readonly Seat[]
  readonly byId: ReadonlyMap<number, Seat>
}

/** Remembers what the catalog says about schedules: status and window for a moment, seats for good. */
export interface Schedules {
  /** Refuses with SCHEDULE_NOT_FOUND. */
  schedule(scheduleId: number): Promise<Schedule>
  layout(scheduleId: number): Promise<SeatLayout>
  /** Makes the next call ask the catalog again. */
  forget(scheduleId: number): void
}

/** Asks the catalog once for however many requests want the same at the same time. */
export function rememberSchedules(
  catalog: CatalogCalls,
  options: { freshMs: number; logger: Logger; now?: () => number },
): Schedules {
  const { logger, ...times } = options
  const outage = new FailureLog(logger, 'the catalog does not answer')
  const schedules = new CoalescedCache({
    ...times,
    load: async (scheduleId: number) => {
      try {
        const schedule = await catalog.getSchedule({ scheduleId })
        outage.succeeded()
        return schedule
      } catch (error) {
        if (isAway(error)) outage.failed(error, { scheduleId })
        throw error
      }
    },
    max: SCHEDULES_MAX,
    keepsStale: isAway,
    staleMaxMs: STALE_MAX_MS,
  })
  const layouts = new CoalescedCache({
    load: (scheduleId: number) => readLayout(catalog, scheduleId),
    freshMs: Infinity,
    max: SEAT_LAYOUTS_MAX,
  })
  return {
    schedule: (scheduleId) => schedules.get(scheduleId),
    layout: (scheduleId) => layouts.get(scheduleId),
    forget: (scheduleId) => schedules.forget(scheduleId),
  }
}

function isAway(error: unknown): boolean {
  return isRefusal(error) && error.http >= 500
}

async function readLayout(catalog: CatalogCalls, scheduleId: number): Promise<SeatLayout> {
  const seats: Seat[] = []
  for (;;) {
    const page = await catalog.getSeats({
      scheduleId,
      afterSeatId: seats.at(-1)?.seatId ?? 0,
      limit: SEATS_PAGE,
    })
    seats.push(...page.seats)
    if (page.seats.length < SEATS_PAGE) break
  }
  return { seats, byId: new Map(seats.map((seat) => [seat.seatId, seat])) }
}
