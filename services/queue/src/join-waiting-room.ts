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

// Joins of a room that was full are refused for this long without asking again. This spares PostgreSQL a crowd, and a freed place
// is still found soon.
const FULL_FOR_MS = 500

/**
 * Gives a user a place in a schedule's waiting room. The place is stored in PostgreSQL before the user is told, and PostgreSQL
 * ensures that a user has one live place in a room. Then it is put into the room in Redis, where it is ACTIVE at once if nobody
 * waits and there is space.
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
  const isEntered = entered.status === 'WAITING' || entered.status === 'ACTIVE'
  // A new place that is over already was given another sequence by the draw.
  const place = isEntered ? entered : await enterDrawnPlace(ctx, hash)
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

// Each instance stores at most five estimates a second for a room, which is enough to know how good they are.
const PREDICTION_EVERY_MS = 200

/** Stores the wait that this person was told, to be compared with the real one. */
function notePrediction(ctx: QueueContext, userId: string, place: PlaceDescription): void {
  const { scheduleId } = place
  const nowMs = ctx.now().getTime()
  if (nowMs - (ctx.predictedAt.get(scheduleId) ?? 0) < PREDICTION_EVERY_MS) return
  ctx.predictedAt.set(scheduleId, nowMs)
  const predicted = { scheduleId, userId, sequence: place.sequence, seconds: place.estimatedWaitSeconds }
  // The join neither waits for this nor fails with it, since the comparison needs no estimate in particular.
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
    // Redis may have taken the place although the call failed. The row is kept as LEFT, so that the replay takes it out there.
    await endTokenByHash(ctx.pool, row.tokenHash, 'LEFT')
    return { status: 'FULL', nowMs: place.nowMs }
  }
}

async function enterDrawnPlace(ctx: QueueContext, hash: TokenHash): Promise<LivePlace | undefined> {
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

/** Ends the user's live row where its place is over in Redis and the row does not say so yet; refuses where it is not over. */
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
    // The place may have ended a moment ago, before its row says so.
    await ctx.rooms.settle()
    if ((await findLiveToken(ctx.pool, row.scheduleId, row.userId)) === undefined) return false
    await ctx.rooms.join(toRoomEntry(row))
    const rowNow = await findLiveToken(ctx.pool, row.scheduleId, row.userId)
    // The join that made this row was refused meanwhile and has deleted it.
    if (rowNow === undefined) await freePlace(ctx, row)
    return rowNow !== undefined
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
