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
// A holder is noted as seen at most this often by each instance, and at most this often by the room, since several instances may
// serve the same holder. The time noted may thus be 2 minutes old, and a place that nobody asks for ends that much early (of
// WAITING_MS, which is 12 hours).
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
    const noteEveryMs = Math.min(SEEN_EVERY_MS_MAX, Math.floor(ctx.config.WAITING_MS / 8))
    const seen = expected.seen && ctx.directory.shouldNoteSeen(hash.digest, ctx.now().getTime(), noteEveryMs)
    const place = await ctx.rooms.place(scheduleId, userId, hash.digest, seen ? noteEveryMs : 0)
    if (place.status === 'WAITING' || place.status === 'ACTIVE') {
      return { scheduleId, userId, digest: hash.digest, place }
    }
    return await restoreMissedPlace(ctx, hash)
  } catch (error) {
    if (!(error instanceof RedisAwayError)) throw error
    return locateInPostgres(ctx, hash, expected)
  }
}

/** The refusal of a token that is not live, or is somebody else's. */
export function invalidToken(): Refusal {
  return refuse('QUEUE_TOKEN_INVALID', 'the queue token is unknown, used, left, expired or not yours')
}

/** A live place by its row, for the time while Redis is away; undefined where the row is not live. */
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

/**
 * Locates a place that the room does not know as live. If PostgreSQL still has it as live after a moment, the room has missed it
 * and gets it again; otherwise refuses.
 */
async function restoreMissedPlace(ctx: QueueContext, hash: TokenHash): Promise<LocatedPlace> {
  const row = await findToken(ctx.pool, hash.full)
  if (row !== undefined && isLive(row, ctx.now().getTime())) {
    // A place that the room has just ended may still look live here. Put back, it would stand before those who have moved up.
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
    const rowNow = await findToken(ctx.pool, hash.full)
    if (rowNow === undefined || !isLive(rowNow, ctx.now().getTime())) {
      // The place was ended after its row was read. It may have been taken out of the room before it was put back there.
      await freePlace(ctx, row)
      return undefined
    }
    if (place.status === 'WAITING' || place.status === 'ACTIVE') {
      return { scheduleId, userId, digest: hash.digest, place }
    }
    // The room says that the place is over. That is right unless the draw gave it another sequence after its row was read.
    if (rowNow.sequence === row.sequence) return undefined
    row = rowNow
  }
  return undefined
}

async function locateInPostgres(
  ctx: QueueContext,
  hash: TokenHash,
  expected: ExpectedOwner,
): Promise<LocatedPlace> {
  await ctx.gate.waitForRows()
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
