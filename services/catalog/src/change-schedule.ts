import { enqueue } from '@frontrow/messaging/outbox'
import type { OutgoingMessage } from '@frontrow/messaging/outbox'
import type { Tx } from '@frontrow/postgres/pool'
import { onCommit } from '@frontrow/postgres/transaction'
import { refuse } from '@frontrow/proto/refusals'
import { topics } from '@frontrow/proto/topics'
import type { CatalogContext } from './context.ts'
import { requireVersion } from './entity-tag.ts'
import { orderProblems, pastProblems } from './schedule-times.ts'
import type { ScheduleTimes } from './schedule-times.ts'
import { lockSchedule, readSchedule, updateSchedule } from './sql/schedules.ts'
import type { Schedule, ScheduleStatus } from './sql/schedules.ts'

/** What may be changed of a schedule; what is left out stays. */
export interface ScheduleChange extends Partial<ScheduleTimes> {
  status?: ScheduleStatus | undefined
}

const timeFields = ['performanceAt', 'waitingRoomOpenAt', 'bookingOpenAt', 'bookingCloseAt'] as const

/**
 * Opens, closes or cancels a schedule, or moves its times, and tells the other services, which follow within 2 s. What it has already
 * changes nothing. CANCELLED is final, since its refunds are on their way. Refuses with SCHEDULE_NOT_FOUND, PRECONDITION_FAILED,
 * INVALID_REQUEST or SCHEDULE_NOT_CHANGEABLE.
 */
export async function changeSchedule(
  ctx: CatalogContext,
  tx: Tx,
  { scheduleId, ifMatch, ...wanted }: { scheduleId: number; ifMatch: string | undefined } & ScheduleChange,
): Promise<Schedule> {
  const before = await lockSchedule(tx, scheduleId)
  if (before === undefined) throw refuse('SCHEDULE_NOT_FOUND', `there is no schedule ${scheduleId}`)
  requireVersion(ifMatch, before.version)
  const after = applyChange(before, wanted)
  const moved = timeFields.filter((field) => after[field].getTime() !== before[field].getTime())
  const isNewStatus = after.status !== before.status
  if (moved.length === 0 && !isNewStatus) return before
  if (before.status === 'CANCELLED') {
    throw refuse('SCHEDULE_NOT_CHANGEABLE', 'the schedule is cancelled, which is final')
  }
  if (moved.length > 0) await checkTimes(ctx, before, after, moved)
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

function applyChange(before: Schedule, wanted: ScheduleChange): Schedule {
  const { status = before.status, performanceAt = before.performanceAt } = wanted
  const { bookingOpenAt = before.bookingOpenAt, bookingCloseAt = before.bookingCloseAt } = wanted
  // A room that opens with the booking goes on to do so.
  const opensWithBooking = before.waitingRoomOpenAt.getTime() === before.bookingOpenAt.getTime()
  const { waitingRoomOpenAt = opensWithBooking ? bookingOpenAt : before.waitingRoomOpenAt } = wanted
  const times = { performanceAt, waitingRoomOpenAt, bookingOpenAt, bookingCloseAt }
  return { ...before, ...times, status, version: before.version + 1 }
}

async function checkTimes(
  ctx: Pick<CatalogContext, 'now' | 'listTakenSeats'>,
  before: Schedule,
  after: Schedule,
  moved: readonly (typeof timeFields)[number][],
): Promise<void> {
  const now = ctx.now()
  if (before.performanceAt <= now) {
    throw refuse('SCHEDULE_NOT_CHANGEABLE', 'the performance has begun, so its times stay')
  }
  const movedTimes = Object.fromEntries(moved.map((field) => [field, after[field]]))
  const problems = [...pastProblems(movedTimes, now), ...orderProblems(after)]
  const first = problems[0]
  if (first !== undefined) {
    const details = problems.map((problem) => ({ in: 'body', ...problem }))
    throw refuse('INVALID_REQUEST', `${first.field}: ${first.rule}`, { details })
  }
  if (moved.includes('performanceAt')) await requireNobodyHasSeats(ctx, before.scheduleId)
}

/**
 * Who has a seat was promised this date, so another one is for a new schedule. The schedule stays locked for the time of the call, 0.8 s
 * at most; admins are few.
 */
async function requireNobodyHasSeats(
  { listTakenSeats }: Pick<CatalogContext, 'listTakenSeats'>,
  scheduleId: number,
): Promise<void> {
  const { heldSeatIds, soldSeatIds } = await listTakenSeats({ scheduleId })
  const taken = heldSeatIds.length + soldSeatIds.length
  if (taken === 0) return
  throw refuse('SCHEDULE_NOT_CHANGEABLE', `performanceAt: ${taken} seats are held or sold for it as it is`, {
    details: { field: 'performanceAt', heldSeats: heldSeatIds.length, soldSeats: soldSeatIds.length },
  })
}

function statusMessage({ scheduleId, status }: Schedule): OutgoingMessage {
  return message(scheduleId, 'ScheduleStatusChanged', { scheduleId, status })
}

function timesMessage({ scheduleId, ...schedule }: Schedule): OutgoingMessage {
  const times = Object.fromEntries(timeFields.map((field) => [field, schedule[field].toISOString()]))
  return message(scheduleId, 'ScheduleMoved', { scheduleId, ...times })
}

function message(scheduleId: number, type: string, payload: object): OutgoingMessage {
  return { topic: topics.catalogEvents, key: String(scheduleId), type, payload }
}
