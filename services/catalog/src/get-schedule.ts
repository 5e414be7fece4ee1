import { refuse } from '@frontrow/proto/refusals'
import type { CatalogContext } from './context.ts'
import type { ListedSchedule } from './list-schedules.ts'
import { readSchedule } from './sql/schedules.ts'
import type { Schedule } from './sql/schedules.ts'
import { readGrades } from './sql/seats.ts'
import type { Grade } from './sql/seats.ts'

/** A schedule with its seats left and what each grade costs. */
export interface ScheduleDetails extends ListedSchedule {
  grades: Grade[]
}

/** One schedule, up to a second old. Refuses with SCHEDULE_NOT_FOUND, also for one of another concert. */
export async function getSchedule(
  ctx: Pick<CatalogContext, 'schedules' | 'grades' | 'seatsLeft'>,
  { concertId, scheduleId }: { concertId: number; scheduleId: number },
): Promise<ScheduleDetails> {
  const schedule = scheduleOf(concertId, scheduleId, await ctx.schedules.get(scheduleId))
  const [availableSeats = 0] = await ctx.seatsLeft.of([schedule])
  return { ...schedule, availableSeats, grades: await ctx.grades.get(scheduleId) }
}

/** One schedule as it is now, to be changed, whatever its concert. Refuses with SCHEDULE_NOT_FOUND. */
export async function getAdminSchedule(
  ctx: Pick<CatalogContext, 'pool' | 'seatsLeft'>,
  scheduleId: number,
): Promise<ScheduleDetails> {
  const schedule = await readSchedule(ctx.pool, scheduleId)
  if (schedule === undefined) throw refuse('SCHEDULE_NOT_FOUND', `there is no schedule ${scheduleId}`)
  const [availableSeats = 0] = await ctx.seatsLeft.of([schedule])
  return { ...schedule, availableSeats, grades: await readGrades(ctx.pool, scheduleId) }
}

/** The schedule that was found, if it is one of the concert; else refuses with SCHEDULE_NOT_FOUND. */
export function scheduleOf(concertId: number, scheduleId: number, found: Schedule | undefined): Schedule {
  if (found?.concertId === concertId) return found
  throw refuse('SCHEDULE_NOT_FOUND', `concert ${concertId} has no schedule ${scheduleId}`)
}
