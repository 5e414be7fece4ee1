import type { QueueContext } from './context.ts'
import { RedisAwayError } from './redis-gate.ts'

/** Takes a place that PostgreSQL has ended out of its room, now or when Redis is back. */
export async function freePlace(
  ctx: QueueContext,
  place: { scheduleId: number; userId: string; sequence: number },
): Promise<void> {
  try {
    await ctx.rooms.leave(place.scheduleId, place.userId, place.sequence)
  } catch (error) {
    if (!(error instanceof RedisAwayError)) throw error
    ctx.rooms.unsynced.add(place)
  }
}
