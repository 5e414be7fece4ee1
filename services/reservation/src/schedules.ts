import type { Schedule__Output as Schedule } from '@frontrow/proto/gen/frontrow/catalog/v1/Schedule'
import type { SeatRun__Output as SeatRun } from '@frontrow/proto/gen/frontrow/catalog/v1/SeatRun'
import { FailureLog } from '@frontrow/failure-log/failure-log'
import { isRefusal } from '@frontrow/proto/refusals'
import { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import type { Logger } from '@frontrow/service-host/logger'
import type { CatalogCalls } from './clients.ts'
import { SeatLayout, lastSeatIdOf } from './seat-layout.ts'

// The largest schedule has 10,000 seats by default. Reading them by the run took 18 ms and 9 ms of both services' CPU; one by one
// it had been 130 ms and 128 ms.
const SEATS_PAGE = 10_000
// What is remembered of layouts is bounded by their runs, since memory goes by these: 160 bytes each, 24 MB in all (measured
// when full), and 52 MB with sections and grades of 50 Korean letters. These are 1,000 schedules of 1,000 seats or 100 of 10,000 in
// rows of seven, and more of them the longer the rows are. One by one, 10,000 seats took 2 MB.
const LAYOUT_RUNS_MAX = 150_000
const SCHEDULES_MAX = 2_000
// How old a schedule may be while the catalog does not answer. Its on-sale window is still checked, and a cancellation is
// known from our own table cancelled_schedules.
const STALE_MAX_MS = 300_000

/** Remembers what the catalog says about schedules: status and window for a moment, seats until there are more. */
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
    max: LAYOUT_RUNS_MAX,
    sizeOf: (layout: SeatLayout) => layout.runCount,
  })
  return {
    schedule: (scheduleId) => schedules.get(scheduleId),
    layout: async (scheduleId) => {
      const [{ seatCount }, known] = await Promise.all([schedules.get(scheduleId), layouts.get(scheduleId)])
      if (known.seatCount >= seatCount) return known
      layouts.forget(scheduleId)
      return layouts.get(scheduleId)
    },
    forget: (scheduleId) => schedules.forget(scheduleId),
  }
}

function isAway(error: unknown): boolean {
  return isRefusal(error) && error.http >= 500
}

async function readLayout(catalog: CatalogCalls, scheduleId: number): Promise<SeatLayout> {
  const runs: SeatRun[] = []
  for (let lastSeatId = 0; ;) {
    const page = await catalog.getSeatRuns({ scheduleId, afterSeatId: lastSeatId, limit: SEATS_PAGE })
    let seatCount = 0
    for (const run of page.runs) {
      // Look-ups rely on the order, and so does the end of this loop.
      if (run.seatCount < 1 || run.firstSeatId <= lastSeatId) {
        throw new Error(
          `the catalog's seats of schedule ${scheduleId} are out of order at seat ${run.firstSeatId}`,
        )
      }
      lastSeatId = lastSeatIdOf(run)
      seatCount += run.seatCount
      runs.push(run)
    }
    if (seatCount < SEATS_PAGE) return new SeatLayout(runs)
  }
}
