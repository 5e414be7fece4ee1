import { refuse } from '@frontrow/proto/refusals'
import type { CatalogContext } from './context.ts'
import { getConcert } from './get-concert.ts'
import type { Reads } from './replica/reads.ts'
import { asShown } from './schedule-json.ts'
import { readSchedules } from './sql/schedules.ts'
import type { Schedule, ScheduleStatus } from './sql/schedules.ts'

/** A schedule and about how many of its seats can be had. */
export interface ListedSchedule extends Schedule {
  availableSeats: number
}

/** Days of performances as YYYY-MM-DD, both included, each as it is at the venue. */
export interface DateRange {
  /** Today at the venue where it is left out. */
  fromDate?: string | undefined
  /** A month after the first day where it is left out. */
  toDate?: string | undefined
}

// The list has no pages; a concert with more performances than this in its range is asked for in parts.
const SCHEDULES_MAX = 1_000

// Swedish dates are written as YYYY-MM-DD. West of this zone, which ships keep, no day is still going on.
const earliestToday = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Etc/GMT+12' })

/** Schedules of a concert in a range of dates. Refuses with CONCERT_NOT_FOUND, and INVALID_REQUEST for a reversed range. */
export async function listSchedules(
  ctx: Pick<CatalogContext, 'now' | 'seatsLeft'> & { reads: Pick<Reads, 'run'> },
  wanted: { concertId: number; dates: DateRange; status: ScheduleStatus },
): Promise<ListedSchedule[]> {
  const now = ctx.now()
  checkRange(wanted.dates, now)
  const { concertId, status } = wanted
  const schedules = await ctx.reads.run(async (pool) => {
    await getConcert({ pool }, concertId)
    return readSchedules(pool, { concertId, status, ...wanted.dates, now, limit: SCHEDULES_MAX })
  })
  const seatsLeft = await ctx.seatsLeft.of(schedules)
  return schedules.map((schedule, index) => ({
    ...asShown(schedule, now),
    availableSeats: seatsLeft[index] ?? 0,
  }))
}

function checkRange({ fromDate, toDate }: DateRange, now: Date): void {
  const first = fromDate ?? earliestToday.format(now)
  if (toDate === undefined || toDate >= first) return
  const rule = `must not be before ${fromDate === undefined ? 'today' : `fromDate (${fromDate})`}`
  throw refuse('INVALID_REQUEST', `toDate: ${rule}`, { details: [{ in: 'query', field: 'toDate', rule }] })
}
