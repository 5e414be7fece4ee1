import { refuse } from '@frontrow/proto/refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import type { QueueContext } from '../context.ts'
import { describePlace } from './describe-place.ts'
import type { PlaceDescription } from './describe-place.ts'
import { findUserToken } from './queue-tokens.ts'
import { hashToken, newTokenValue } from './token-value.ts'

/** Gives a user's live place a new token value; the old one is worth nothing from then on. */
export async function reissueToken(
  ctx: QueueContext,
  { scheduleId, userId }: { scheduleId: number; userId: string },
): Promise<PlaceDescription> {
  await ctx.schedules.get(scheduleId)
  const token = newTokenValue(ctx.now().getTime())
  const hash = hashToken(token)
  const reissued = await ctx.notes.add(scheduleId, { kind: 'REISSUED', userId, tokenHash: hash.full })
  if (reissued === null) throw placeNotFound()
  ctx.rooms.markDead(reissued.tokenHashBefore)
  // From the answer on no instance takes the old token for a live one, unless the mirror takes long.
  await ctx.mirror.reaches(scheduleId, reissued.version)
  // By the user, because another reissue of the same place may have come in between, whose token is the live one then.
  const row = await findUserToken(ctx.pool, scheduleId, userId)
  if (row === undefined) throw placeNotFound()
  const { place } = await ctx.rooms.locate(row)
  return describePlace(ctx, token, scheduleId, place)
}

function placeNotFound(): Refusal {
  return refuse('QUEUE_TOKEN_NOT_FOUND', 'you have no live place in this waiting room')
}
