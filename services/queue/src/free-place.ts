import type { QueueContext } from './context.ts'
import { RedisAwayError } from './redis-gate.ts'

/** Takes a place that has ended in PostgreSQL out of its room in Redis. While Redis is away this is noted for later. */
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
