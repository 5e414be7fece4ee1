import type { QueueContext } from './context.ts'
import { invalidToken } from './locate-place.ts'
import { RedisAwayError } from './redis-gate.ts'
import { endTokenByHash } from './sql/queue-tokens.ts'
import { hashToken } from './token-value.ts'

/** Gives a place up. Doing it again, or when the place is over anyway, changes nothing. */
export async function leaveWaitingRoom(
  ctx: QueueContext,
  token: string,
  userId: string | undefined,
): Promise<void> {
  const hash = hashToken(token)
  const owner = await ctx.directory.find(hash)
  if (owner === undefined || (userId !== undefined && userId !== owner.userId)) throw invalidToken()
  const row = await endTokenByHash(ctx.pool, hash.full, 'LEFT')
  if (row === undefined) return
  ctx.events.ended(row.scheduleId, 'LEFT', 1)
  await freePlace(ctx, row)
}

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
