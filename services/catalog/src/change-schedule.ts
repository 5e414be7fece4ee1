import { enqueue } from '@frontrow/messaging/outbox'
import type { OutgoingMessage } from '@frontrow/messaging/outbox'
import type { Tx } from '@frontrow/postgres/pool'
import { onCommit } from '@frontrow/postgres/transaction'
import { refuse } from '@frontrow/proto/refusals'
import { topics } from '@frontrow/proto/topics'
import type { CatalogContext } from './context.ts'
import { requireVersion } from '@frontrow/idempotency/version-tag'
import { lastOpenAt, requireMovable } from './move-performance.ts'
import type { TakenAtVersion } from './move-performance.ts'
import { orderProblems, pastProblems } from './schedule-times.ts'
import type { ScheduleTimes } from './schedule-times.ts'
import { lockSchedule, readSchedule, updateSchedule } from './sql/schedules.ts'
import type { Schedule, ScheduleStatus } from './sql/schedules.ts'

/** What may be changed of a schedule; what is left out stays. */
export interface ScheduleChange extends Partial<ScheduleTimes> {
  status?: ScheduleStatus | undefined
  noOrphanSeats?: boolean | undefined
}

const timeFields = [
  'performanceAt',
  'waitingRoomOpenAt',
  'bookingOpenAt',
  'bookingCloseAt',
  'refundableUntil',
] as const

/**
 * Opens, closes or cancels a schedule, moves its times, or changes its settings, and tells the other services, which follow within 2 s. What it
 * has already changes nothing. CANCELLED is final, since its refunds are on their way. `taken` is what `askTakenSeats` said before. Refuses with
 * SCHEDULE_NOT_FOUND, PRECONDITION_FAILED, INVALID_REQUEST or SCHEDULE_NOT_CHANGEABLE.
 */
export async function changeSchedule(
  ctx: Pick<CatalogContext, 'now' | 'relay' | 'events' | 'schedules'>,
  tx: Tx,
  {
    scheduleId,
    ifMatch,
    taken,
    ...wanted
  }: { scheduleId: number; ifMatch: string | undefined; taken: TakenAtVersion | undefined } & ScheduleChange,
): Promise<Schedule> {
  const before = await lockSchedule(tx, scheduleId)
  if (before === undefined) throw refuse('SCHEDULE_NOT_FOUND', `there is no schedule ${scheduleId}`)
  requireVersion(ifMatch, before.version)
  const now = ctx.now()
  const after = applyChange(before, wanted, now)
  const moved = timeFields.filter((field) => after[field]?.getTime() !== before[field]?.getTime())
  const isNewStatus = after.status !== before.status
  if (moved.length === 0 && !isNewStatus && after.noOrphanSeats === before.noOrphanSeats) return before
  if (before.status === 'CANCELLED') {
    throw refuse('SCHEDULE_NOT_CHANGEABLE', 'the schedule is cancelled, which is final')
  }
  if (moved.length > 0) checkTimes(before, after, moved, now)
  if (moved.includes('performanceAt')) requireMovable(before, now, taken)
  await updateSchedule(tx, after)
  await enqueue(tx, ctx.relay, [
    ...(isNewStatus ? [statusMessage(after)] : []),
    ...(moved.length > 0 ? [timesMessage(after)] : []),
  ])
  onCommit(tx, () => {
    ctx.schedules.forget(scheduleId)
    if (isNewStatus) ctx.events.scheduleStatusChanged({ scheduleId, from: before.status, to: after.status })
    if (moved.length > 0) ctx.events.scheduleMoved({ scheduleId, moved })
  })
  // The day and the time at the venue are PostgreSQL's to compute.
  const written = await readSchedule(tx, scheduleId)
  if (written === undefined) throw new Error('a schedule that is locked can not be read')
  return written
}

function applyChange(before: Schedule, wanted: ScheduleChange, now: Date): Schedule {
  const { status = before.status, performanceAt = before.performanceAt } = wanted
  const { bookingOpenAt = before.bookingOpenAt, bookingCloseAt = before.bookingCloseAt } = wanted
  const { refundableUntil = before.refundableUntil, noOrphanSeats = before.noOrphanSeats } = wanted
  // A room that opens with the booking goes on to do so.
  const opensWithBooking = before.waitingRoomOpenAt.getTime() === before.bookingOpenAt.getTime()
  const { waitingRoomOpenAt = opensWithBooking ? bookingOpenAt : before.waitingRoomOpenAt } = wanted
  const times = { performanceAt, waitingRoomOpenAt, bookingOpenAt, bookingCloseAt, refundableUntil }
  return {
    ...before,
    ...times,
    status,
    noOrphanSeats,
    lastOpenAt: lastOpenAt(before, now),
    version: before.version + 1,
  }
}

function checkTimes(
  before: Schedule,
  after: Schedule,
  moved: readonly (typeof timeFields)[number][],
  now: Date,
): void {
  if (before.performanceAt <= now) {
    throw refuse('SCHEDULE_NOT_CHANGEABLE', 'the performance has begun, so its times stay')
  }
  const movedTimes = Object.fromEntries(moved.map((field) => [field, after[field]]))
  const problems = [...pastProblems(movedTimes, now), ...orderProblems(after)]
  const first = problems[0]
  if (first === undefined) return
  const details = problems.map((problem) => ({ in: 'body', ...problem }))
  throw refuse('INVALID_REQUEST', `${first.field}: ${first.rule}`, { details })
}

function statusMessage({ scheduleId, status }: Schedule): OutgoingMessage {
  return message(scheduleId, 'ScheduleStatusChanged', { scheduleId, status })
}

function timesMessage({ scheduleId, ...schedule }: Schedule): OutgoingMessage {
  const times = Object.fromEntries(timeFields.map((field) => [field, schedule[field]?.toISOString() ?? null]))
  return message(scheduleId, 'ScheduleMoved', { scheduleId, ...times })
}

function message(scheduleId: number, type: string, payload: object): OutgoingMessage {
  return { topic: topics.catalogEvents, key: String(scheduleId), type, payload }
}
