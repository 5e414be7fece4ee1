import { isRefusal, refuse } from '@frontrow/proto/refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import { admitToRoom } from '../admission/admit-waiting.ts'
import type { QueueContext } from '../context.ts'
import {
  answerRefused,
  checkJoiner,
  claimTaken,
  existingPlaceFirst,
  placeExists,
} from '../join-check/check-joiner.ts'
import type { Joiner } from '../join-check/check-joiner.ts'
import { requireRoomOpen } from '../schedules.ts'
import { describePlace } from './describe-place.ts'
import type { PlaceDescription } from './describe-place.ts'
import type { JoinOutcome } from './join-batches.ts'
import { findUserToken, isLive } from './queue-tokens.ts'
import { hashToken, newTokenValue } from './token-value.ts'

// Joins of a room that was full are refused for this long without asking again. This spares PostgreSQL a crowd, and a freed place
// is still found soon.
const FULL_FOR_MS = 500

/**
 * Gives a user a place in a schedule's waiting room: ACTIVE at once where nobody waits and there is room. The place is stored in
 * PostgreSQL before the user is told. `joiner` is checked first; without one nobody is, since an admin joins.
 */
export async function joinWaitingRoom(
  ctx: QueueContext,
  join: { scheduleId: number; userId: string },
  joiner?: Joiner,
): Promise<PlaceDescription> {
  try {
    return await createPlace(ctx, join, joiner)
  } catch (cause) {
    const error = await existingPlaceFirst(ctx, join, cause)
    if (isRefusal(error)) ctx.events.joinRefused({ ...join, code: error.code })
    throw error
  }
}

async function createPlace(
  ctx: QueueContext,
  asker: { scheduleId: number; userId: string },
  joiner: Joiner | undefined,
): Promise<PlaceDescription> {
  const { scheduleId, userId } = asker
  const onSale = await ctx.schedules.get(scheduleId)
  const nowMs = ctx.now().getTime()
  requireRoomOpen(onSale, nowMs)
  if ((ctx.fullUntil.get(scheduleId) ?? 0) > performance.now()) throw roomFull()
  const marks = joiner === undefined ? {} : await checkJoiner(ctx, asker, joiner)
  const token = newTokenValue(nowMs)
  const hash = hashToken(token)
  const join = { onSale, userId, tokenHash: hash.full, ...marks }

  let joined = await ctx.joins.add(scheduleId, join)
  if (joined.status === 'EXISTS') {
    const row = await findUserToken(ctx.pool, scheduleId, userId)
    if (row === undefined || !isLive(row, ctx.now().getTime())) {
      // The place that was in the way is over, and the next round of admission ends it.
      await admitToRoom(ctx, scheduleId)
      // The first time has spent the challenge.
      joined = await ctx.joins.add(scheduleId, { ...join, spends: undefined })
    }
  }
  if (joined.status !== 'WAITING' && joined.status !== 'ACTIVE') throw refusalOf(ctx, asker, joined.status)
  ctx.redisRoom.keepOwner(hash, { scheduleId, userId })
  // From the answer on every instance knows the place. Where that takes long, PostgreSQL is asked for it.
  await joined.isMirrored
  const straightIn = joined.status === 'ACTIVE'
  ctx.events.joined({ scheduleId, userId, sequence: joined.sequence, straightIn })
  const described = await describePlace(ctx, token, scheduleId, joined)
  if (described.status === 'WAITING') notePrediction(ctx, userId, described)
  return described
}

/** Why somebody has got no place. */
function refusalOf(
  ctx: QueueContext,
  asker: { scheduleId: number; userId: string },
  status: Exclude<JoinOutcome['status'], 'WAITING' | 'ACTIVE'>,
): Refusal {
  switch (status) {
    case 'EXISTS':
      return placeExists()
    case 'FULL':
      ctx.fullUntil.set(asker.scheduleId, performance.now() + FULL_FOR_MS)
      return roomFull()
    case 'ANSWER_SPENT':
      ctx.events.joinChecked(ctx.joinCheck.kind, 'SPENT')
      return answerRefused(ctx, asker, 'SPENT')
    case 'CLAIM_TAKEN':
      return claimTaken(ctx)
  }
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
