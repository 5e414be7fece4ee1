import { refuse } from '@frontrow/proto/refusals'
import type { QueueContext } from './context.ts'
import { describePlace } from './describe-place.ts'
import type { PlaceDescription } from './describe-place.ts'
import { placeFromRow } from './locate-place.ts'
import { toRoomEntry } from './room-entry.ts'
import { freePlace } from './free-place.ts'
import { RedisAwayError } from './redis-gate.ts'
import { expireToken, findLiveToken, replaceTokenHash } from './sql/queue-tokens.ts'
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
  const place = row === undefined ? undefined : await renewPlace(ctx, row)
  if (place === undefined)
    throw refuse('QUEUE_TOKEN_NOT_FOUND', 'you have no live place in this waiting room')
  await ctx.directory.add(hash.digest, { scheduleId, userId })
  return describePlace(ctx, token, scheduleId, place)
}

// Every attempt after the first means that another reissue of the same place has come in between.
const ATTEMPTS_MAX = 50

async function renewPlace(ctx: QueueContext, row: TokenRow): Promise<LivePlace | undefined> {
  try {
    return await renewInRoom(ctx, row)
  } catch (error) {
    if (!(error instanceof RedisAwayError)) throw error
    ctx.rooms.unsynced.add(row)
    return placeFromRow(ctx, row)
  }
}

/**
 * Puts the row's token value into the room, then checks that the row still has it. Of several reissues at once, the last in
 * PostgreSQL has to be the last in Redis too, or an old value would stay valid. The draw may have moved the place meanwhile, too.
 */
async function renewInRoom(ctx: QueueContext, given: TokenRow): Promise<LivePlace | undefined> {
  let row = given
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const place = await ctx.rooms.join(toRoomEntry(row))
    const now = await findLiveToken(ctx.pool, row.scheduleId, row.userId)
    if (now === undefined) {
      await freePlace(ctx, row)
      return undefined
    }
    if (now.sequence === row.sequence && now.tokenHash.equals(row.tokenHash)) {
      if (place.status === 'WAITING' || place.status === 'ACTIVE') return place
      await expireToken(ctx.pool, row.scheduleId, row.sequence)
      return undefined
    }
    row = now
  }
  throw refuse('UNAVAILABLE', 'other requests are reissuing the same token; try again', {
    retryAfterSeconds: 1,
  })
}
