import { refuse } from '@frontrow/proto/refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import type { QueueContext } from './context.ts'
import { freePlace } from './free-place.ts'
import { RedisAwayError } from './redis-gate.ts'
import { findToken, isLive } from './sql/queue-tokens.ts'
import type { TokenRow } from './sql/queue-tokens.ts'
import { hashToken } from './token-value.ts'
import type { TokenHash } from './token-value.ts'
import type { LivePlace } from './room-replies.ts'
import { toRoomEntry } from './room-entry.ts'
import { placeInLine } from './waiting-lines.ts'

/** A token value's live place. */
export interface LocatedPlace {
  scheduleId: number
  userId: string
  digest: string
  place: LivePlace
}

/** The user and the schedule that a token must belong to. What is undefined is not compared. */
export interface ExpectedOwner {
  userId?: string | undefined
  scheduleId?: number | undefined
}

const ENTER_ATTEMPTS = 3
// Twice, here and in the room, since other instances note it too: a place ends up to 2 minutes early, of 12 hours.
const SEEN_EVERY_MS_MAX = 60_000

/**
 * The live place of a token value: from the room in Redis, or from PostgreSQL while Redis is away. Refuses with
 * QUEUE_TOKEN_INVALID when there is none or when it is not of the expected owner. `seen` says that its holder is asking.
 */
export async function locatePlace(
  ctx: QueueContext,
  token: string,
  expected: ExpectedOwner & { seen: boolean },
): Promise<LocatedPlace> {
  const hash = hashToken(token)
  if (ctx.directory.isDead(hash.digest)) throw invalidToken()
  if (!ctx.rooms.isOpen) return locateInPostgres(ctx, hash, expected)
  try {
    const owner = await ctx.directory.find(hash)
    if (owner === undefined) throw invalidToken()
    const { scheduleId, userId } = owner
    requireOwner(owner, expected)
    const everyMs = Math.min(SEEN_EVERY_MS_MAX, Math.floor(ctx.config.WAITING_MS / 8))
    const seen = expected.seen && ctx.directory.isSeenAgain(hash.digest, ctx.now().getTime(), everyMs)
    const place = await ctx.rooms.place(scheduleId, userId, hash.digest, seen ? everyMs : 0)
    if (place.status === 'WAITING' || place.status === 'ACTIVE') {
      return { scheduleId, userId, digest: hash.digest, place }
    }
    return await putBack(ctx, hash)
  } catch (error) {
    if (!(error instanceof RedisAwayError)) throw error
    return locateInPostgres(ctx, hash, expected)
  }
}

/** No such live token here. */
export function invalidToken(): Refusal {
  return refuse('QUEUE_TOKEN_INVALID', 'the queue token is unknown, used, left, expired or not yours')
}

/** Somebody's live place by its row, while Redis is away. */
export async function placeFromRow(
  ctx: QueueContext,
  row: TokenRow,
  nobodyEarly = false,
): Promise<LivePlace | undefined> {
  const nowMs = ctx.now().getTime()
  if (!isLive(row, nowMs)) return undefined
  const summary = await ctx.summariesInPostgres.get(row.scheduleId)
  const roomOff = summary.maxActive === null
  const { sequence } = row
  if (row.activeUntil !== null && row.status === 'ACTIVE') {
    return { status: 'ACTIVE', nowMs, sequence, activeUntilMs: row.activeUntil.getTime(), roomOff }
  }
  const { opensAtMs } = await ctx.schedules.get(row.scheduleId)
  const gapless = nobodyEarly || nowMs < opensAtMs
  const inLine = placeInLine(await ctx.lines.get(row.scheduleId), sequence, gapless)
  return { status: 'WAITING', nowMs, sequence, ...inLine, roomOff }
}

/** The room does not know this token as a live one. If PostgreSQL does, and not for a moment only, the room has missed it. */
async function putBack(ctx: QueueContext, hash: TokenHash): Promise<LocatedPlace> {
  const row = await findToken(ctx.pool, hash.full)
  if (row !== undefined && isLive(row, ctx.now().getTime())) {
    // Who was ended a moment ago, unseen for too long, would come back in front of those who moved up.
    await ctx.rooms.settle()
    const located = await enterByRow(ctx, hash)
    if (located !== undefined) return located
  }
  ctx.directory.markDead(hash.digest)
  throw invalidToken()
}

/**
 * Puts a place into its room by the row it has now; undefined where it is over. A place that was given before the opening may
 * have been drawn another sequence since.
 */
export async function enterByRow(ctx: QueueContext, hash: TokenHash): Promise<LocatedPlace | undefined> {
  let row = await findToken(ctx.pool, hash.full)
  for (let attempt = 1; attempt <= ENTER_ATTEMPTS; attempt += 1) {
    if (row === undefined || !isLive(row, ctx.now().getTime())) return undefined
    const { scheduleId, userId } = row
    const place = await ctx.rooms.join(toRoomEntry(row))
    const still = await findToken(ctx.pool, hash.full)
    if (still === undefined || !isLive(still, ctx.now().getTime())) {
      // Ended after it was read: whoever ended it may have cleared the room before it was put there.
      await freePlace(ctx, row)
      return undefined
    }
    if (place.status === 'WAITING' || place.status === 'ACTIVE') {
      return { scheduleId, userId, digest: hash.digest, place }
    }
    // The room says it is over. So it is, unless the draw has moved it since it was read.
    if (still.sequence === row.sequence) return undefined
    row = still
  }
  return undefined
}

async function locateInPostgres(
  ctx: QueueContext,
  hash: TokenHash,
  expected: ExpectedOwner,
): Promise<LocatedPlace> {
  await ctx.gate.rowsSettled()
  const row = await ctx.lookups.add('all', hash.full)
  if (row === undefined) throw invalidToken()
  requireOwner(row, expected)
  const place = await placeFromRow(ctx, row)
  if (place === undefined) throw invalidToken()
  return { scheduleId: row.scheduleId, userId: row.userId, digest: hash.digest, place }
}

/** Refuses with QUEUE_TOKEN_INVALID when a place is not of the expected user and schedule. */
export function requireOwner(owner: { userId: string; scheduleId: number }, expected: ExpectedOwner): void {
  const { userId = owner.userId, scheduleId = owner.scheduleId } = expected
  if (userId !== owner.userId || scheduleId !== owner.scheduleId) throw invalidToken()
}
