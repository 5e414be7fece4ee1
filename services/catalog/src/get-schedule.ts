import { refuse } from '@frontrow/proto/refusals'
import type { CatalogContext } from './context.ts'
import type { ListedSchedule } from './list-schedules.ts'
import { readSchedule } from './sql/schedules.ts'
import type { Schedule } from './sql/schedules.ts'
import { asShown } from './schedule-json.ts'
import type { GradeLeft } from './seats-left.ts'
import { readGrades } from './sql/seats.ts'
import type { Grade } from './sql/seats.ts'

/** A schedule with its seats left and what each grade costs. */
export interface ScheduleDetails extends ListedSchedule {
  grades: GradeLeft[]
}

/** One schedule, as old as `schedules` has it. Refuses with SCHEDULE_NOT_FOUND, also for one of another concert. */
export async function getSchedule(
  ctx: Pick<CatalogContext, 'grades' | 'seatsLeft'> & { schedules: Pick<CatalogContext['schedules'], 'get'> },
  { concertId, scheduleId }: { concertId: number; scheduleId: number },
): Promise<ScheduleDetails> {
  const schedule = scheduleOf(concertId, scheduleId, await ctx.schedules.get(scheduleId))
  return withSeatsLeft(ctx, schedule, await gradesOf(ctx, schedule))
}

/** One schedule as it is now, to be changed, whatever its concert. Refuses with SCHEDULE_NOT_FOUND. */
export async function getAdminSchedule(
  ctx: Pick<CatalogContext, 'pool' | 'seatsLeft' | 'now'>,
  scheduleId: number,
): Promise<ScheduleDetails> {
  const schedule = await readSchedule(ctx.pool, scheduleId)
  if (schedule === undefined) throw refuse('SCHEDULE_NOT_FOUND', `there is no schedule ${scheduleId}`)
  return withSeatsLeft(ctx, asShown(schedule, ctx.now()), await readGrades(ctx.pool, scheduleId))
}

async function withSeatsLeft(
  { seatsLeft }: Pick<CatalogContext, 'seatsLeft'>,
  schedule: Schedule,
  allGrades: readonly Grade[],
): Promise<ScheduleDetails> {
  const grades = await seatsLeft.ofGrades(schedule, allGrades)
  const availableSeats = grades.reduce((sum, grade) => sum + grade.availableSeats, 0)
  return { ...schedule, availableSeats, grades }
}

/** What is remembered is from before a section was added where it is of fewer seats than there are. */
async function gradesOf({ grades }: Pick<CatalogContext, 'grades'>, schedule: Schedule): Promise<Grade[]> {
  const known = await grades.get(schedule.scheduleId)
  if (known.reduce((sum, grade) => sum + grade.seatCount, 0) >= schedule.seatCount) return known
  grades.forget(schedule.scheduleId)
  return grades.get(schedule.scheduleId)
}

/** The schedule that was found, if it is one of the concert; else refuses with SCHEDULE_NOT_FOUND. */
export function scheduleOf(concertId: number, scheduleId: number, found: Schedule | undefined): Schedule {
  if (found?.concertId === concertId) return found
  throw refuse('SCHEDULE_NOT_FOUND', `concert ${concertId} has no schedule ${scheduleId}`)
}
