import type { QueueContext } from './context.ts'
import { RedisAwayError } from './redis-gate.ts'
import { extendActivePlace } from './sql/queue-tokens.ts'

/** A place by its identity, which is its schedule and sequence, and the user it belongs to. */
export interface PlaceOfUser {
  scheduleId: number
  userId: string
  sequence: number
}

/**
 * Moves the deadline of an ACTIVE place to the deadline of a hold that it made: never nearer, and at most EXTEND_MAX_MS from now.
 * When events arrive twice, late or in another order, the latest deadline stays. A place that has ended stays ended.
 *
 * Between the commit of the hold and the arrival of its event (some tens of ms, or as long as Kafka is away) the place keeps its old
 * deadline. A place whose deadline passes in that time ends, because its slot may already belong to the next person. The hold stays
 * and can be paid, since paying needs no place. To refresh it, its owner needs a new place.
 */
export async function extendPlace(ctx: QueueContext, place: PlaceOfUser, untilMs: number): Promise<void> {
  if (untilMs <= ctx.now().getTime()) return
  if (await extendInRoom(ctx, place, untilMs)) return
  // Redis is away, or the room does not have this place as ACTIVE, which PostgreSQL may know better. Changes that this instance has
  // noted a moment ago are written first.
  await ctx.changes.flush()
  if (await extendActivePlace(ctx.pool, place, untilMs, ctx.config.EXTEND_MAX_MS)) {
    ctx.rooms.unsynced.add(place)
  }
}

/** Extends the place with one call to Redis. False when Redis can't be asked or the room has no such ACTIVE place. */
async function extendInRoom(ctx: QueueContext, place: PlaceOfUser, untilMs: number): Promise<boolean> {
  if (!ctx.rooms.isOpen) return false
  try {
    const extended = await ctx.rooms.extend(place, untilMs, ctx.config.EXTEND_MAX_MS)
    if (extended.status !== 'ACTIVE') return false
    ctx.changes.extended(place.scheduleId, place.sequence, extended.activeUntilMs)
    return true
  } catch (error) {
    if (error instanceof RedisAwayError) return false
    throw error
  }
}
