import { inTransaction } from '@frontrow/postgres/transaction'
import { setLimits } from '../src/admission/steer-waiting-room.ts'
import type { LimitChange } from '../src/admission/steer-waiting-room.ts'
import type { RoomLimits } from '../src/admission/change-room.ts'
import type { QueueContext } from '../src/context.ts'

/** Steers a room as an admin does, without the answer. */
export async function setRoomLimits(
  ctx: QueueContext,
  scheduleId: number,
  change: LimitChange,
): Promise<RoomLimits> {
  await ctx.schedules.get(scheduleId)
  const { version, limits } = await inTransaction(ctx.pool, (tx) => setLimits(tx, ctx, scheduleId, change))
  await ctx.mirror.reaches(scheduleId, version)
  ctx.rooms.forgetSummary(scheduleId)
  return limits
}
