import type { Claimed } from '@frontrow/messaging/inbox'
import type { Tx } from '@frontrow/postgres/pool'
import { cancelLive } from './cancel-reservation.ts'
import type { Context } from './context.ts'
import { insertCancelledSchedules, listUnsettled, markSettled } from './sql/cancelled-schedules.ts'
import { listLiveOf } from './sql/reservations.ts'

const BATCH_MAX = 100
// Longer than a transaction can go on after it has looked for the cancellation and not seen it: a few statements of 5 s each, by
// their limit. What it holds or sells has shown up by then.
const SETTLE_AFTER_MS = 60_000

/** Stores which schedules are cancelled; the rounds of `cancelSchedules` then cancel their reservations. */
export async function noteScheduleStatuses(
  ctx: Context,
  tx: Tx,
  messages: readonly Claimed<{ scheduleId: number; status: string }>[],
): Promise<void> {
  for (const { content } of messages) ctx.schedules.forget(content.scheduleId)
  const cancelled = messages.filter(({ isNew, content }) => isNew && content.status === 'CANCELLED')
  if (cancelled.length === 0) return
  await insertCancelledSchedules(
    tx,
    cancelled.map(({ content }) => content.scheduleId),
  )
}

/**
 * One round over the cancelled schedules: cancels a batch of live reservations of each, and returns whether there are
 * more. A crash loses nothing, because the next round finds what is still live.
 */
export async function cancelSchedules(ctx: Context): Promise<boolean> {
  let hasMore = false
  for (const scheduleId of await listUnsettled(ctx.pool)) {
    const live = await listLiveOf(ctx.pool, scheduleId, BATCH_MAX)
    if (live.length === 0) {
      await markSettled(ctx.pool, scheduleId, SETTLE_AFTER_MS)
      continue
    }
    const cancelled = await cancelLive(ctx, live, 'SCHEDULE_CANCELLED')
    ctx.logger.info(
      { scheduleId, reservations: cancelled.length },
      'reservations of a cancelled schedule were cancelled',
    )
    hasMore ||= live.length === BATCH_MAX
  }
  return hasMore
}
