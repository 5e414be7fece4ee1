import type { QueueContext } from './context.ts'
import { RedisAwayError } from './redis-gate.ts'
import { changeRoom } from './sql/rooms.ts'
import type { RoomSummary } from './room-replies.ts'

/** New limits of one room; they hold from the next admission on. */
export async function steerWaitingRoom(
  ctx: QueueContext,
  scheduleId: number,
  change: {
    maxActive?: number | null | undefined
    admitPerSecond?: number | undefined
    paused?: boolean | undefined
  },
): Promise<RoomSummary> {
  await ctx.schedules.get(scheduleId)
  const settings = await changeRoom(ctx.pool, scheduleId, change, roomDefaults(ctx.config))
  try {
    await ctx.rooms.steer(scheduleId, settings)
  } catch (error) {
    if (!(error instanceof RedisAwayError)) throw error
    ctx.rooms.unsynced.addRoom(scheduleId)
  }
  ctx.events.steered({ scheduleId, ...settings })
  ctx.summaries.forget(scheduleId)
  ctx.summariesInPostgres.forget(scheduleId)
  return ctx.summaries.get(scheduleId)
}

/** What a room starts with. */
export function roomDefaults(config: { MAX_ACTIVE: number; ADMIT_PER_SECOND: number }): {
  maxActive: number
  admitPerSecond: number
  paused: boolean
} {
  return { maxActive: config.MAX_ACTIVE, admitPerSecond: config.ADMIT_PER_SECOND, paused: false }
}
