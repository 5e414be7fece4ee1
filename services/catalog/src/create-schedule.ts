import { enqueue } from '@frontrow/messaging/outbox'
import type { Tx } from '@frontrow/postgres/pool'
import { onCommit } from '@frontrow/postgres/transaction'
import { refuse } from '@frontrow/proto/refusals'
import { topics } from '@frontrow/proto/topics'
import type { CatalogContext } from './context.ts'
import { layOutSections } from './lay-out-sections.ts'
import type { Section } from './lay-out-sections.ts'
import type { ScheduleDetails } from './get-schedule.ts'
import { pastProblems } from './schedule-times.ts'
import { readConcert } from './sql/concerts.ts'
import { insertSchedule, readSchedule } from './sql/schedules.ts'
import { insertSeats, readGrades } from './sql/seats.ts'
import { venueExists } from './sql/venues.ts'

/** A performance to put on sale. */
export interface CreateSchedule {
  concertId: number
  venueId: number
  performanceAt: Date
  waitingRoomOpenAt: Date | undefined
  bookingOpenAt: Date
  bookingCloseAt: Date
  refundableUntil: Date | null
  noOrphanSeats: boolean
  sections: readonly Section[]
}

/**
 * Makes a schedule and all its seats, ON_SALE, and tells the other services. Refuses with INVALID_REQUEST, CONCERT_NOT_FOUND or
 * VENUE_NOT_FOUND.
 */
export async function createSchedule(
  ctx: CatalogContext,
  tx: Tx,
  command: CreateSchedule,
): Promise<ScheduleDetails> {
  const layout = layOutSections(command.sections)
  checkRules(ctx, command, layout.seatCount)
  const { concertId } = command
  if ((await readConcert(tx, concertId)) === undefined) {
    throw refuse('CONCERT_NOT_FOUND', `there is no concert ${concertId}`)
  }
  if (!(await venueExists(tx, command.venueId))) {
    throw refuse('VENUE_NOT_FOUND', `there is no venue ${command.venueId}`)
  }
  const { seatCount } = layout
  const scheduleId = await insertSchedule(tx, {
    ...command,
    waitingRoomOpenAt: command.waitingRoomOpenAt ?? command.bookingOpenAt,
    seatCount,
  })
  const written = await insertSeats(tx, scheduleId, layout)
  if (written !== seatCount) throw new Error(`${written} seats of ${seatCount} were written`)
  await enqueue(tx, ctx.relay, [
    {
      topic: topics.catalogEvents,
      key: String(scheduleId),
      type: 'ScheduleCreated',
      payload: { scheduleId, concertId, seatCount },
    },
  ])
  const schedule = await readSchedule(tx, scheduleId)
  if (schedule === undefined) throw new Error('a new schedule can not be read')
  onCommit(tx, () => {
    // Somebody may have asked for this id before it was made, so that the cache remembers that there is none.
    ctx.schedules.forget(scheduleId)
    ctx.events.scheduleCreated({ scheduleId, concertId, seatCount })
  })
  const grades = (await readGrades(tx, scheduleId)).map((grade) => ({
    ...grade,
    availableSeats: grade.seatCount,
  }))
  return { ...schedule, availableSeats: seatCount, grades }
}

function gradesWithSeveralPrices(sections: readonly Section[]): string[] {
  const byGrade = Map.groupBy(sections, (section) => section.grade)
  const countPrices = (of: readonly Section[]): number => new Set(of.map((section) => section.price)).size
  return [...byGrade].filter(([, same]) => countPrices(same) > 1).map(([grade]) => grade)
}

// Checks the rules that need settings or the time; the others are in the schema of the body.
function checkRules(ctx: CatalogContext, command: CreateSchedule, seatCount: number): void {
  const { SCHEDULE_SEATS_MIN: min, SCHEDULE_SEATS_MAX: max } = ctx.config
  const problems: { in: 'body'; field: string; rule: string }[] = pastProblems(command, ctx.now()).map(
    (problem) => ({ in: 'body', ...problem }),
  )
  for (const grade of gradesWithSeveralPrices(command.sections)) {
    // People choose by grade, and a hold by grade must have one price.
    problems.push({
      in: 'body',
      field: 'sections',
      rule: `grade ${grade} must have one price in all sections`,
    })
  }
  if (seatCount < min || seatCount > max) {
    const rule = `must have ${min} to ${max} seats in all, and has ${seatCount}`
    problems.push({ in: 'body', field: 'sections', rule })
  }
  const first = problems[0]
  if (first === undefined) return
  throw refuse('INVALID_REQUEST', `${first.field}: ${first.rule}`, { details: problems })
}
