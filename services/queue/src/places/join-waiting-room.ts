import { isRefusal, refuse } from '@frontrow/proto/refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import { admitToRoom } from '../admission/admit-waiting.ts'
import type { QueueContext } from '../context.ts'
import { requireRoomOpen } from '../schedules.ts'
import { describePlace } from './describe-place.ts'
import type { PlaceDescription } from './describe-place.ts'
import { findUserToken, isLive } from './queue-tokens.ts'
import { hashToken, newTokenValue } from './token-value.ts'

// Joins of a room that was full are refused for this long without asking again. This spares PostgreSQL a crowd, and a freed place
// is still found soon.
const FULL_FOR_MS = 500

/**
 * Gives a user a place in a schedule's waiting room: ACTIVE at once where nobody waits and there is room. The place is stored in
 * PostgreSQL before the user is told.
 */
export async function joinWaitingRoom(
  ctx: QueueContext,
  join: { scheduleId: number; userId: string },
): Promise<PlaceDescription> {
  try {
    return await createPlace(ctx, join)
  } catch (error) {
    if (isRefusal(error)) ctx.events.joinRefused({ ...join, code: error.code })
    throw error
  }
}

async function createPlace(
  ctx: QueueContext,
  { scheduleId, userId }: { scheduleId: number; userId: string },
): Promise<PlaceDescription> {
  const onSale = await ctx.schedules.get(scheduleId)
  const nowMs = ctx.now().getTime()
  requireRoomOpen(onSale, nowMs)
  const token = newTokenValue(nowMs)
  const hash = hashToken(token)
  const join = { onSale, userId, tokenHash: hash.full }
  if ((ctx.fullUntil.get(scheduleId) ?? 0) > performance.now()) throw roomFull()

  let joined = await ctx.joins.add(scheduleId, join)
  if (joined.status === 'EXISTS') {
    const row = await findUserToken(ctx.pool, scheduleId, userId)
    if (row === undefined || !isLive(row, ctx.now().getTime())) {
      // The place that was in the way is over, and the next round of admission ends it.
      await admitToRoom(ctx, scheduleId)
      joined = await ctx.joins.add(scheduleId, join)
    }
  }
  if (joined.status === 'EXISTS') {
    throw refuse('QUEUE_TOKEN_EXISTS', 'you have a place in this waiting room; PUT reissues its token')
  }
  if (joined.status === 'FULL') {
    ctx.fullUntil.set(scheduleId, performance.now() + FULL_FOR_MS)
    throw roomFull()
  }
  ctx.redisRoom.keepOwner(hash, { scheduleId, userId })
  // From the answer on every instance knows the place. Where that takes long, PostgreSQL is asked for it.
  await joined.isMirrored
  const straightIn = joined.status === 'ACTIVE'
  ctx.events.joined({ scheduleId, userId, sequence: joined.sequence, straightIn })
  const described = await describePlace(ctx, token, scheduleId, joined)
  if (described.status === 'WAITING') notePrediction(ctx, userId, described)
  return described
}

function roomFull(): Refusal {
  return refuse('QUEUE_FULL', 'the waiting room is full; try again later', { retryAfterSeconds: 10 })
}

// Each instance stores at most five estimates a second for a room, which is enough to know how good they are.
const PREDICTION_EVERY_MS = 200

/** Stores the wait that this person was told, to be compared with the real one. */
function notePrediction(ctx: QueueContext, userId: string, place: PlaceDescription): void {
  const { scheduleId, estimatedWaitSeconds } = place
  const nowMs = performance.now()
  if (nowMs - (ctx.predictedAt.get(scheduleId) ?? -Infinity) < PREDICTION_EVERY_MS) return
  ctx.predictedAt.set(scheduleId, nowMs)
  // The join neither waits for this nor fails with it, since the comparison needs no estimate in particular.
  void ctx.redisRoom.predict(scheduleId, userId, estimatedWaitSeconds).catch((error: unknown) => {
    ctx.logger.debug({ err: error, scheduleId }, 'an estimate was not kept')
  })
}
