import type { Schedule__Output as Schedule } from '@frontrow/proto/gen/frontrow/catalog/v1/Schedule'
import { isRefusal } from '@frontrow/proto/refusals'
import { BoundedMap } from '@frontrow/service-host/bounded-map'
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

interface Remembered {
  readAt: number
  schedule: Schedule
}

/** Asks the catalog once for however many requests want the same at the same time. */
export function rememberSchedules(
  catalog: CatalogCalls,
  options: { freshMs: number; logger: Logger; now?: () => number },
): Schedules {
  const now = options.now ?? Date.now
  const known = new BoundedMap<number, Remembered>(SCHEDULES_MAX)
  const layouts = new BoundedMap<number, SeatLayout>(SEAT_LAYOUTS_MAX)
  const askSchedule = shareCalls(async (scheduleId: number) => {
    const readAt = now()
    const schedule = await catalog.getSchedule({ scheduleId })
    known.set(scheduleId, { readAt, schedule })
    return schedule
  })
  const askLayout = shareCalls(async (scheduleId: number) => {
    const layout = await readLayout(catalog, scheduleId)
    layouts.set(scheduleId, layout)
    return layout
  })
  return {
    async schedule(scheduleId) {
      const remembered = known.get(scheduleId)
      const age = remembered === undefined ? Infinity : now() - remembered.readAt
      if (remembered !== undefined && age < options.freshMs) return remembered.schedule
      try {
        return await askSchedule(scheduleId)
      } catch (error) {
        const isAway = isRefusal(error) && error.http >= 500
        if (!isAway || remembered === undefined || age > STALE_MAX_MS) throw error
        options.logger.warn({ err: error, scheduleId, age }, 'the catalog is away; using what it said last')
        return remembered.schedule
      }
    },
    layout: async (scheduleId) => layouts.get(scheduleId) ?? askLayout(scheduleId),
    forget: (scheduleId) => known.delete(scheduleId),
  }
}

function shareCalls<T>(ask: (scheduleId: number) => Promise<T>): (scheduleId: number) => Promise<T> {
  const running = new Map<number, Promise<T>>()
  return (scheduleId) => {
    const found = running.get(scheduleId)
    if (found !== undefined) return found
    const asked = ask(scheduleId).finally(() => running.delete(scheduleId))
    running.set(scheduleId, asked)
    return asked
  }
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
