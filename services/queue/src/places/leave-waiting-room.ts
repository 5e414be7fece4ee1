import type { QueueContext } from '../context.ts'
import { invalidToken, requireOwner } from './locate-place.ts'
import type { ExpectedOwner } from './locate-place.ts'
import { hashToken } from './token-value.ts'

/** Gives a place up and returns its schedule. It changes nothing when the place has ended before. */
export async function leaveWaitingRoom(
  ctx: QueueContext,
  token: string,
  expected: ExpectedOwner,
): Promise<{ scheduleId: number }> {
  const hash = hashToken(token)
  const owner = await ctx.rooms.ownerOf(hash)
  if (owner === undefined) throw invalidToken()
  requireOwner(owner, expected)
  const { scheduleId } = owner
  const left = await ctx.notes.add(scheduleId, { kind: 'LEFT', tokenHash: hash.full })
  if (left !== null) {
    ctx.events.ended(scheduleId, 'LEFT', 1)
    ctx.rooms.markDead(hash.full)
    // From the answer on no instance takes the token for a live one, unless the mirror takes long.
    await ctx.mirror.reaches(scheduleId, left.version)
  }
  return { scheduleId }
}
