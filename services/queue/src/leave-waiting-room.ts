import type { QueueContext } from './context.ts'
import { freePlace } from './free-place.ts'
import { invalidToken } from './locate-place.ts'
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
