import { refuse } from '@frontrow/proto/refusals'
import type { CatalogContext } from './context.ts'
import { dateRange, timesOf } from './date-range.ts'
import type { DateRange } from './date-range.ts'
import { getConcert } from './get-concert.ts'
import { readSchedules } from './sql/schedules.ts'
import type { Schedule, ScheduleStatus } from './sql/schedules.ts'

/** A schedule and about how many of its seats can be had. */
export interface ListedSchedule extends Schedule {
  availableSeats: number
}

// The list has no pages; a concert with more performances than this in its range is asked for in parts.
const SCHEDULES_MAX = 1_000

/** Schedules of a concert in a range of dates. Refuses with CONCERT_NOT_FOUND, and INVALID_REQUEST for a reversed range. */
export async function listSchedules(
  ctx: Pick<CatalogContext, 'pool' | 'now' | 'seatsLeft'>,
  wanted: { concertId: number; dates: Partial<DateRange>; status: ScheduleStatus },
): Promise<ListedSchedule[]> {
  const range = dateRange(wanted.dates, ctx.now())
  if (range.toDate < range.fromDate) {
    const rule = `must not be before fromDate (${range.fromDate})`
    throw refuse('INVALID_REQUEST', `toDate: ${rule}`, { details: [{ in: 'query', field: 'toDate', rule }] })
  }
  await getConcert(ctx, wanted.concertId)
  const schedules = await readSchedules(ctx.pool, {
    concertId: wanted.concertId,
    status: wanted.status,
    ...timesOf(range),
    limit: SCHEDULES_MAX,
  })
  const seatsLeft = await ctx.seatsLeft.of(schedules)
  return schedules.map((schedule, index) => ({ ...schedule, availableSeats: seatsLeft[index] ?? 0 }))
}
