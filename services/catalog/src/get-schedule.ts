import { refuse } from '@frontrow/proto/refusals'
import type { CatalogContext } from './context.ts'
import type { ListedSchedule } from './list-schedules.ts'
import type { Schedule } from './sql/schedules.ts'
import type { GradeLeft } from './seats-left.ts'

/** A schedule with its seats left and what each grade costs. */
export interface ScheduleDetails extends ListedSchedule {
  grades: GradeLeft[]
}

/** One schedule, up to a second old. Refuses with SCHEDULE_NOT_FOUND, also for one of another concert. */
export async function getSchedule(
  ctx: Pick<CatalogContext, 'schedules' | 'grades' | 'seatsLeft'>,
  { concertId, scheduleId }: { concertId: number; scheduleId: number },
): Promise<ScheduleDetails> {
  const schedule = scheduleOf(concertId, scheduleId, await ctx.schedules.get(scheduleId))
  const grades = await ctx.seatsLeft.ofGrades(schedule, await ctx.grades.get(scheduleId))
  const availableSeats = grades.reduce((sum, grade) => sum + grade.availableSeats, 0)
  return { ...schedule, availableSeats, grades }
}

/** The schedule that was found, if it is one of the concert; else refuses with SCHEDULE_NOT_FOUND. */
export function scheduleOf(concertId: number, scheduleId: number, found: Schedule | undefined): Schedule {
  if (found?.concertId === concertId) return found
  throw refuse('SCHEDULE_NOT_FOUND', `concert ${concertId} has no schedule ${scheduleId}`)
}
