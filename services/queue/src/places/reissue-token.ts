import { refuse } from '@frontrow/proto/refusals'
import type { QueueContext } from '../context.ts'
import { describePlace } from './describe-place.ts'
import type { PlaceDescription } from './describe-place.ts'
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
  if (reissued === null)
    throw refuse('QUEUE_TOKEN_NOT_FOUND', 'you have no live place in this waiting room')
  // From the answer on no instance takes the old token for a live one.
  await ctx.mirror.reaches(scheduleId, reissued.version)
  const located = await ctx.rooms.find(hash)
  if (located === undefined) {
    // Another reissue of the same place has come in between, and its token is the live one.
    throw refuse('UNAVAILABLE', 'other requests are reissuing the same token; try again', { retryAfterSeconds: 1,
    })
  }
  return describePlace(ctx, token, scheduleId, located.place)
}
