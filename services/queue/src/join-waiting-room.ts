import { isRefusal, refuse } from '@frontrow/proto/refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import type { QueueContext } from './context.ts'
import { describePlace } from './describe-place.ts'
import type { PlaceDescription } from './describe-place.ts'
import { enterByRow, placeFromRow } from './locate-place.ts'
import { freePlace } from './free-place.ts'
import { RedisAwayError } from './redis-gate.ts'
import { toRoomEntry } from './room-entry.ts'
import { admissionWindow, requireRoomOpen } from './schedules.ts'
import {
  deleteToken,
  endTokenByHash,
  expireToken,
  findLiveToken,
  findToken,
  isLive,
} from './sql/queue-tokens.ts'
import type { TokenRow } from './sql/queue-tokens.ts'
import { hashToken, newTokenValue } from './token-value.ts'
import type { TokenHash } from './token-value.ts'
import type { LivePlace, Place } from './room-replies.ts'

// This spares PostgreSQL a crowd that tries again and again, and a place that was freed is still found soon.
const FULL_FOR_MS = 500

/**
 * Gives a user a place in a schedule's waiting room. PostgreSQL has it before anybody is told, and decides that there
 * is one live place a user; then it goes into the room in Redis, straight in where nobody waits and there is space.
 */
export async function joinWaitingRoom(
  ctx: QueueContext,
  join: { scheduleId: number; userId: string },
): Promise<PlaceDescription> {
  try {
    return await giveOnePlace(ctx, join)
  } catch (error) {
    if (isRefusal(error)) ctx.events.joinRefused({ ...join, code: error.code })
    throw error
  }
}

async function giveOnePlace(
  ctx: QueueContext,
  { scheduleId, userId }: { scheduleId: number; userId: string },
): Promise<PlaceDescription> {
  const onSale = await ctx.schedules.get(scheduleId)
  const nowMs = ctx.now().getTime()
  requireRoomOpen(onSale, nowMs)
  await requireSpace(ctx, scheduleId, nowMs)

  const token = newTokenValue(nowMs)
  const hash = hashToken(token)
  const join = { opensAtMs: onSale.opensAtMs, userId, tokenHash: hash.full }
  let given = await ctx.joins.add(scheduleId, join)
  if (given === null) {
    await endStalePlace(ctx, scheduleId, userId)
    given = await ctx.joins.add(scheduleId, join)
    if (given === null) throw placeExists()
  }
  const { sequence, nobodyEarly } = given
  const row: TokenRow = {
    scheduleId,
    userId,
    sequence,
    tokenHash: hash.full,
    status: 'WAITING',
    activeUntil: null,
  }
  const [entered] = await Promise.all([
    enterRoom(ctx, row, { ...admissionWindow(onSale), nobodyEarly }),
    ctx.directory.add(hash.digest, { scheduleId, userId }),
  ])
  if (entered.status === 'FULL') {
    await deleteToken(ctx.pool, hash.full)
    // Another join of the same user may have put the row into the room.
    await freePlace(ctx, row)
    ctx.fullUntil.set(scheduleId, nowMs + FULL_FOR_MS)
    throw roomFull()
  }
  const isIn = entered.status === 'WAITING' || entered.status === 'ACTIVE'
  // A place that is over a moment after its join was moved by the draw.
  const place = isIn ? entered : await enterMoved(ctx, hash)
  if (place === undefined) throw placeExists()
  const straightIn = place.status === 'ACTIVE'
  if (place.status === 'ACTIVE' && place.admission !== undefined) {
    ctx.changes.admitted(place.admission, place.activeUntilMs)
  }
  ctx.events.joined({ scheduleId, userId, sequence, straightIn })
  const described = await describePlace(ctx, token, scheduleId, place)
  if (described.status === 'WAITING') notePrediction(ctx, userId, described)
  return described
}

// Five estimates a second, room and instance are enough to know how good they are.
const PREDICTION_EVERY_MS = 200

/** Keeps what this person was told, so that it is compared with how long the wait was. */
function notePrediction(ctx: QueueContext, userId: string, place: PlaceDescription): void {
  const { scheduleId } = place
  const nowMs = ctx.now().getTime()
  if (nowMs - (ctx.predictedAt.get(scheduleId) ?? 0) < PREDICTION_EVERY_MS) return
  ctx.predictedAt.set(scheduleId, nowMs)
  const predicted = { scheduleId, userId, sequence: place.sequence, seconds: place.estimatedWaitSeconds }
  // The join neither waits for this nor fails with it.
  void ctx.rooms.predict(predicted).catch((error: unknown) => {
    ctx.logger.debug({ err: error, scheduleId }, 'an estimate was not kept')
  })
}

async function requireSpace(ctx: QueueContext, scheduleId: number, nowMs: number): Promise<void> {
  if ((ctx.fullUntil.get(scheduleId) ?? 0) > nowMs) throw roomFull()
  if (ctx.rooms.isOpen) return
  const { waiting } = await ctx.summariesInPostgres.get(scheduleId)
  if (waiting >= ctx.config.WAITING_MAX) throw roomFull()
}

async function enterRoom(
  ctx: QueueContext,
  row: TokenRow,
  window: { opensAtMs: number; endsAtMs: number; nobodyEarly: boolean },
): Promise<Place> {
  try {
    return await ctx.rooms.join(toRoomEntry(row), window)
  } catch (error) {
    if (!(error instanceof RedisAwayError)) throw error
    ctx.rooms.unsynced.add(row)
    const place = await placeFromRow(ctx, row, window.nobodyEarly)
    if (place === undefined) throw new Error('a new place is not live', { cause: error })
    if (place.status !== 'WAITING' || place.before < ctx.config.WAITING_MAX) return place
    // Redis may have the place all the same. Its row stays, as one that has left, so that the replay takes it out there.
    await endTokenByHash(ctx.pool, row.tokenHash, 'LEFT')
    return { status: 'FULL', nowMs: place.nowMs }
  }
}

async function enterMoved(ctx: QueueContext, hash: TokenHash): Promise<LivePlace | undefined> {
  try {
    return (await enterByRow(ctx, hash))?.place
  } catch (error) {
    if (!(error instanceof RedisAwayError)) throw error
    const row = await findToken(ctx.pool, hash.full)
    if (row === undefined) return undefined
    ctx.rooms.unsynced.add(row)
    return placeFromRow(ctx, row)
  }
}

/** For a user with a live row: refuses, unless the place has ended and its row does not say so yet. */
async function endStalePlace(ctx: QueueContext, scheduleId: number, userId: string): Promise<void> {
  const row = await findLiveToken(ctx.pool, scheduleId, userId)
  if (row === undefined) return
  if (await isPlaceLive(ctx, row)) throw placeExists()
  await expireToken(ctx.pool, scheduleId, row.sequence)
}

async function isPlaceLive(ctx: QueueContext, row: TokenRow): Promise<boolean> {
  const liveRow = isLive(row, ctx.now().getTime())
  try {
    const place = await ctx.rooms.place(row.scheduleId, row.userId)
    if (place.status === 'WAITING' || place.status === 'ACTIVE') return true
    if (place.status === 'ENDED' || !liveRow) return false
    // The place may have ended a moment ago, and its row does not say so yet.
    await ctx.rooms.settle()
    if ((await findLiveToken(ctx.pool, row.scheduleId, row.userId)) === undefined) return false
    await ctx.rooms.join(toRoomEntry(row))
    const still = await findLiveToken(ctx.pool, row.scheduleId, row.userId)
    // The join that made this row was refused and has deleted it.
    if (still === undefined) await freePlace(ctx, row)
    return still !== undefined
  } catch (error) {
    if (error instanceof RedisAwayError) return liveRow
    throw error
  }
}

function placeExists(): Refusal {
  return refuse('QUEUE_TOKEN_EXISTS', 'you have a place in this waiting room; PUT reissues its token')
}

function roomFull(): Refusal {
  return refuse('QUEUE_FULL', 'the waiting room is full; try again later', { retryAfterSeconds: 10 })
}
