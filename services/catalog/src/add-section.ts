import { enqueue } from '@frontrow/messaging/outbox'
import type { Tx } from '@frontrow/postgres/pool'
import { onCommit } from '@frontrow/postgres/transaction'
import { refuse } from '@frontrow/proto/refusals'
import { topics } from '@frontrow/proto/topics'
import type { CatalogContext } from './context.ts'
import { requireVersion } from '@frontrow/idempotency/version-tag'
import type { ScheduleDetails } from './get-schedule.ts'
import { layOutSections } from './lay-out-sections.ts'
import type { Section } from './lay-out-sections.ts'
import { countGradesLeft, countSeatsLeft } from './seats-left.ts'
import { lockSchedule, updateSchedule } from './sql/schedules.ts'
import type { Schedule } from './sql/schedules.ts'
import { countRows, insertSeats, readGrades } from './sql/seats.ts'
import type { Grade } from './sql/seats.ts'

/**
 * Adds seats behind those of a schedule and tells the other services. Everybody who remembers its seats reads them again once its number
 * of seats is seen to be larger, 2 s later at most. Refuses with SCHEDULE_NOT_FOUND, PRECONDITION_FAILED, SCHEDULE_NOT_CHANGEABLE or
 * INVALID_REQUEST.
 */
export async function addSection(
  ctx: CatalogContext,
  tx: Tx,
  { scheduleId, section, ifMatch }: { scheduleId: number; section: Section; ifMatch: string | undefined },
): Promise<ScheduleDetails> {
  const before = await lockSchedule(tx, scheduleId)
  if (before === undefined) throw refuse('SCHEDULE_NOT_FOUND', `there is no schedule ${scheduleId}`)
  requireVersion(ifMatch, before.version)
  if (before.status === 'CANCELLED' || before.performanceAt <= ctx.now()) {
    throw refuse('SCHEDULE_NOT_CHANGEABLE', 'the schedule is cancelled or has begun, so its seats stay')
  }
  const layout = layOutSections([section], {
    seatCount: before.seatCount,
    rowsOf: await countRows(tx, scheduleId),
  })
  const { seatCount } = layout
  checkSection(ctx, { before, section, seatCount, grades: await readGrades(tx, scheduleId) })
  const added = seatCount - before.seatCount
  const written = await insertSeats(tx, scheduleId, layout)
  if (written !== added) throw new Error(`${written} seats of ${added} were written`)
  const after = { ...before, seatCount, version: before.version + 1 }
  await updateSchedule(tx, after)
  await enqueue(tx, ctx.relay, [
    {
      topic: topics.catalogEvents,
      key: String(scheduleId),
      type: 'ScheduleSeatsAdded',
      payload: { scheduleId, seatCount },
    },
  ])
  onCommit(tx, () => {
    ctx.schedules.forget(scheduleId)
    ctx.events.seatsAdded({ scheduleId, seatCount })
  })
  const availableSeats = await countSeatsLeft(tx, after)
  return {
    ...after,
    availableSeats,
    grades: await countGradesLeft(tx, after, await readGrades(tx, scheduleId)),
  }
}

function checkSection(
  { config }: Pick<CatalogContext, 'config'>,
  wanted: { before: Schedule; section: Section; seatCount: number; grades: readonly Grade[] },
): void {
  const { before, section, seatCount, grades } = wanted
  const problems: { in: 'body'; field: string; rule: string }[] = []
  const known = grades.find(({ grade }) => grade === section.grade)
  if (known !== undefined && known.price !== section.price) {
    // People choose by grade, and a hold by grade must have one price.
    const rule = `must be ${known.price}, as grade ${section.grade} has it in this schedule`
    problems.push({ in: 'body', field: 'price', rule })
  }
  const max = config.SCHEDULE_SEATS_MAX
  if (seatCount > max) {
    const rule = `the schedule has ${before.seatCount} seats, would have ${seatCount}, and may have ${max}`
    problems.push({ in: 'body', field: 'rows', rule })
  }
  const first = problems[0]
  if (first === undefined) return
  throw refuse('INVALID_REQUEST', `${first.field}: ${first.rule}`, { details: problems })
}
