import type { QueueContext } from './context.ts'
import { invalidToken, locatePlace } from './locate-place.ts'
import { RedisAwayError } from './redis-gate.ts'
import { extendToken as extendInPostgres } from './sql/queue-tokens.ts'
import { hashToken } from './token-value.ts'
import { notActive } from './verify-token.ts'

/** Moves the deadline of an ACTIVE token out, never nearer; returns the deadline, 0 where the waiting room is off. */
export async function extendToken(ctx: QueueContext, token: string, untilMs: number): Promise<number> {
  const located = await locatePlace(ctx, token, { seen: false })
  if (located.place.status === 'WAITING') {
    if (located.place.roomOff) return 0
    throw notActive()
  }
  const { EXTEND_MAX_MS } = ctx.config
  try {
    const place = await ctx.rooms.extend(located, untilMs, EXTEND_MAX_MS)
    if (place.status !== 'ACTIVE') throw invalidToken()
    ctx.changes.extended(located.scheduleId, place.sequence, place.activeUntilMs)
    return place.activeUntilMs
  } catch (error) {
    if (!(error instanceof RedisAwayError)) throw error
    // Let in a moment ago, by this instance: the row may not say so yet.
    await ctx.changes.flush()
    const row = await extendInPostgres(ctx.pool, hashToken(token).full, untilMs, EXTEND_MAX_MS)
    if (row === undefined) throw invalidToken()
    ctx.rooms.unsynced.add(row)
    return row.activeUntil?.getTime() ?? 0
  }
}
