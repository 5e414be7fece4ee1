import type { QueueContext } from './context.ts'
import { freePlace } from './free-place.ts'
import { invalidToken, requireOwner } from './locate-place.ts'
import type { ExpectedOwner } from './locate-place.ts'
import { endTokenByHash } from './sql/queue-tokens.ts'
import { hashToken } from './token-value.ts'

/** Gives a place up and returns its schedule. It changes nothing when the place has ended before. */
export async function leaveWaitingRoom(
  ctx: QueueContext,
  token: string,
  expected: ExpectedOwner,
): Promise<{ scheduleId: number }> {
  const hash = hashToken(token)
  const owner = await ctx.directory.find(hash)
  if (owner === undefined) throw invalidToken()
  requireOwner(owner, expected)
  const row = await endTokenByHash(ctx.pool, hash.full, 'LEFT')
  if (row !== undefined) {
    ctx.events.ended(row.scheduleId, 'LEFT', 1)
    await freePlace(ctx, row)
  }
  return { scheduleId: owner.scheduleId }
}
