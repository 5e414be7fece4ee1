import type { QueueContext } from './context.ts'
import { invalidToken, locatePlace } from './locate-place.ts'
import { RedisAwayError } from './redis-gate.ts'
import type { Place } from './room-replies.ts'
import { extendToken as extendInPostgres } from './sql/queue-tokens.ts'
import { hashToken } from './token-value.ts'
import { notActive } from './verify-token.ts'

/** Moves the deadline of an ACTIVE token out, never nearer; returns the deadline, 0 where the waiting room is off. */
export async function extendToken(ctx: QueueContext, token: string, untilMs: number): Promise<number> {
  const place = await extendInRoom(ctx, token, untilMs)
  if (place?.status === 'ACTIVE') return place.activeUntilMs
  if (place?.status === 'WAITING' && place.roomOff) return 0
  // The room does not know it as ACTIVE, or Redis is away: PostgreSQL may know better.
  const located = await locatePlace(ctx, token, { seen: false })
  if (located.place.status === 'WAITING') {
    if (located.place.roomOff) return 0
    throw notActive()
  }
  const again = await extendInRoom(ctx, token, untilMs)
  if (again?.status === 'ACTIVE') return again.activeUntilMs
  if (again !== undefined) throw invalidToken()
  return extendByRow(ctx, token, untilMs)
}

/** One call to Redis; undefined where it can't be asked or the token is unknown. */
async function extendInRoom(ctx: QueueContext, token: string, untilMs: number): Promise<Place | undefined> {
  const hash = hashToken(token)
  const { digest } = hash
  if (!ctx.rooms.isOpen || ctx.directory.isDead(digest)) return undefined
  try {
    const owner = await ctx.directory.find(hash)
    if (owner === undefined) return undefined
    const place = await ctx.rooms.extend({ ...owner, digest }, untilMs, ctx.config.EXTEND_MAX_MS)
    if (place.status === 'ACTIVE') {
      ctx.changes.extended(owner.scheduleId, place.sequence, place.activeUntilMs)
    }
    return place
  } catch (error) {
    if (error instanceof RedisAwayError) return undefined
    throw error
  }
}

async function extendByRow(ctx: QueueContext, token: string, untilMs: number): Promise<number> {
  // Let in a moment ago, by this instance: the row may not say so yet.
  await ctx.changes.flush()
  const row = await extendInPostgres(ctx.pool, hashToken(token).full, untilMs, ctx.config.EXTEND_MAX_MS)
  if (row === undefined) throw invalidToken()
  ctx.rooms.unsynced.add(row)
  return row.activeUntil?.getTime() ?? 0
}
