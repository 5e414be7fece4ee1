import type { QueueContext } from '../context.ts'
import { compareEstimates } from '../places/estimate-wait.ts'
import type { EstimateComparison } from '../places/estimate-wait.ts'
import { RedisAwayError } from '../redis-room/redis-gate.ts'
import type { RoomSummary } from '../room.ts'

/** A room as admins see it. */
export interface WatchedRoom extends RoomSummary {
  /** Since the room was made; null where that is not known. */
  admitted: number | null
  estimates: EstimateComparison
}

/** The room as it is now. Refuses with SCHEDULE_NOT_FOUND, and UNAVAILABLE where nobody can say. */
export async function watchWaitingRoom(ctx: QueueContext, scheduleId: number): Promise<WatchedRoom> {
  await ctx.schedules.get(scheduleId)
  ctx.rooms.forgetSummary(scheduleId)
  const [summary, admitted, kept] = await Promise.all([
    ctx.rooms.summary(scheduleId),
    ctx.admissionCounts.of(scheduleId),
    keptEstimates(ctx, scheduleId),
  ])
  return { ...summary, admitted, estimates: compareEstimates(kept) }
}

async function keptEstimates({ redisRoom }: QueueContext, scheduleId: number) {
  try {
    return await redisRoom.estimates(scheduleId)
  } catch (error) {
    // They are kept in Redis alone: worth little, and soon there again.
    if (error instanceof RedisAwayError) return []
    throw error
  }
}
