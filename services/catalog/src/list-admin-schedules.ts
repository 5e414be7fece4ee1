import type { CatalogContext } from './context.ts'
import { getConcert } from './get-concert.ts'
import type { ListedSchedule } from './list-schedules.ts'
import { asShown } from './schedule-json.ts'
import { readSchedulesById } from './sql/schedules.ts'
import type { ScheduleStatus } from './sql/schedules.ts'

/**
 * A page of a concert's schedules, newest first, of any date and status; `nextScheduleId` is the cursor of the next page. Refuses with
 * CONCERT_NOT_FOUND.
 */
export async function listAdminSchedules(
  ctx: Pick<CatalogContext, 'pool' | 'seatsLeft' | 'now'>,
  page: {
    concertId: number
    status: ScheduleStatus | undefined
    beforeScheduleId: number | undefined
    limit: number
  },
): Promise<{ schedules: ListedSchedule[]; nextScheduleId: number | null }> {
  const { concertId, status, beforeScheduleId: before = Number.MAX_SAFE_INTEGER } = page
  await getConcert(ctx, concertId)
  const now = ctx.now()
  const found = await readSchedulesById(ctx.pool, { concertId, status, before, now, limit: page.limit + 1 })
  const shown = found.slice(0, page.limit)
  const seatsLeft = await ctx.seatsLeft.of(shown)
  const schedules = shown.map((schedule, index) => ({
    ...asShown(schedule, now),
    availableSeats: seatsLeft[index] ?? 0,
  }))
  return {
    schedules,
    nextScheduleId: found.length > page.limit ? (shown.at(-1)?.scheduleId ?? null) : null,
  }
}
