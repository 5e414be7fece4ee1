import { refuse } from '@frontrow/proto/refusals'
import type { QueueContext } from './context.ts'
import { describePlace } from './describe-place.ts'
import type { PlaceDescription } from './describe-place.ts'
import { placeFromRow, toRoomEntry } from './locate-place.ts'
import { RedisAwayError } from './redis-gate.ts'
import { expireToken, replaceTokenHash } from './sql/queue-tokens.ts'
import type { TokenRow } from './sql/queue-tokens.ts'
import { hashToken, newTokenValue } from './token-value.ts'
import type { LivePlace } from './room-replies.ts'

/** Gives a user's live place a new token value; the old one is worth nothing from then on. */
export async function reissueToken(
  ctx: QueueContext,
  { scheduleId, userId }: { scheduleId: number; userId: string },
): Promise<PlaceDescription> {
  await ctx.schedules.get(scheduleId)
  const token = newTokenValue(ctx.now().getTime())
  const hash = hashToken(token)
  const row = await replaceTokenHash(ctx.pool, scheduleId, userId, hash.full)
  const place = row === undefined ? undefined : await renewInRoom(ctx, row)
  if (place === undefined) {
    if (row !== undefined) await expireToken(ctx.pool, scheduleId, row.sequence)
    throw refuse('QUEUE_TOKEN_NOT_FOUND', 'you have no live place in this waiting room')
  }
  await ctx.directory.add(hash.digest, { scheduleId, userId })
  return describePlace(ctx, token, scheduleId, place)
}

async function renewInRoom(ctx: QueueContext, row: TokenRow): Promise<LivePlace | undefined> {
  try {
    const place = await ctx.rooms.join(toRoomEntry(row))
    return place.status === 'WAITING' || place.status === 'ACTIVE' ? place : undefined
  } catch (error) {
    if (!(error instanceof RedisAwayError)) throw error
    ctx.rooms.unsynced.add(row)
    return placeFromRow(ctx, row)
  }
}
