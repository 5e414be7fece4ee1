import { enqueue } from '@frontrow/messaging/outbox'
import { inTransaction } from '@frontrow/postgres/transaction'
import { refuse } from '@frontrow/proto/refusals'
import { topics } from '@frontrow/proto/topics'
import type { CatalogContext } from './context.ts'
import { lockSchedule, updateScheduleStatus } from './sql/schedules.ts'
import type { Schedule, ScheduleStatus } from './sql/schedules.ts'

/**
 * Opens, closes or cancels a schedule and tells the other services. Setting the status it has already changes nothing. CANCELLED
 * is final, since its refunds are on their way. Refuses with SCHEDULE_NOT_FOUND or SCHEDULE_NOT_CHANGEABLE.
 */
export async function changeScheduleStatus(
  ctx: CatalogContext,
  scheduleId: number,
  status: ScheduleStatus,
): Promise<Schedule> {
  const before = await inTransaction(ctx.pool, async (tx) => {
    const schedule = await lockSchedule(tx, scheduleId)
    if (schedule === undefined) throw refuse('SCHEDULE_NOT_FOUND', `there is no schedule ${scheduleId}`)
    if (schedule.status === status) return schedule
    if (schedule.status === 'CANCELLED') {
      throw refuse('SCHEDULE_NOT_CHANGEABLE', 'the schedule is cancelled, which is final')
    }
    await updateScheduleStatus(tx, scheduleId, status)
    await enqueue(tx, ctx.relay, [
      {
        topic: topics.catalogEvents,
        key: String(scheduleId),
        type: 'ScheduleStatusChanged',
        payload: { scheduleId, status },
      },
    ])
    return schedule
  })
  ctx.schedules.forget(scheduleId)
  if (before.status !== status)
    ctx.events.scheduleStatusChanged({ scheduleId, from: before.status, to: status })
  return { ...before, status }
}
