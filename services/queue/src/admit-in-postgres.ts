import { inTransaction } from '@frontrow/postgres/transaction'
import { LRUCache } from 'lru-cache'
import type { QueueContext } from './context.ts'
import { admissionWindow, isOver } from './schedules.ts'
import { admitNext, endOverdueAndCount, endWaiting, lockRoom } from './sql/admit-places.ts'
import type { LockedRoom } from './sql/admit-places.ts'
import { handOverPlaces } from './sql/handed-over-places.ts'
import { lockLapsedLease, takeOverLapsedLease } from './sql/redis-lease.ts'
import { listLiveRooms } from './sql/rooms.ts'

// A batch of this size holds the room's lock for some tens of milliseconds.
const BATCH = 500
const BATCHES_A_ROUND = 10
const RETRIES_MAX = 3
const ROOMS_MAX = 5_000
const FAILED_ROOM_PAUSE_MS = 2_000

interface Window {
  opensAtMs: number
  endsAtMs: number
  over: boolean
}

/** What one batch of a round did. */
interface BatchOutcome {
  admitted: number
  ended: number
  drawDue: boolean
  /** Nobody up to this sequence waits any more; 0 where that is not known. */
  nobodyWaitsUpTo: number
  /** Whether another batch would find more to do. */
  hasMore: boolean
}

/** What this process remembers of each room between rounds. */
export interface AdmissionMemory {
  /** Nobody up to this sequence waits. New places get higher ones, so that a round begins its search behind it. */
  nobodyWaitsUpTo: LRUCache<number, number>
  /** Rooms whose last round failed, and until when they are passed over; milliseconds since the epoch. */
  failedRooms: LRUCache<number, number>
}

/** The memory of a process that has made no round yet. */
export function createAdmissionMemory(): AdmissionMemory {
  return { nobodyWaitsUpTo: new LRUCache({ max: ROOMS_MAX }), failedRooms: new LRUCache({ max: ROOMS_MAX }) }
}

/**
 * A round of admission while this instance has no Redis. People are let in from PostgreSQL once no instance can do so through
 * Redis (redis-lease.ts); until then, what changed here is handed over to the instances that can.
 */
export async function admitInPostgres(
  ctx: QueueContext,
  memory: AdmissionMemory,
  signal: AbortSignal,
): Promise<void> {
  if (!ctx.gate.isAway) return
  await ctx.changes.flush()
  if (!(await takeOverOrHandOver(ctx))) return
  for (const scheduleId of await listLiveRooms(ctx.roomPool)) {
    if (signal.aborted || ctx.gate.isOpen) return
    const nowMs = ctx.now().getTime()
    if ((memory.failedRooms.get(scheduleId) ?? 0) > nowMs) continue
    try {
      if (!(await admitToRoom(ctx, memory, scheduleId))) return
    } catch (error) {
      memory.failedRooms.set(scheduleId, nowMs + FAILED_ROOM_PAUSE_MS)
      ctx.logger.warn({ err: error, scheduleId }, 'a round of admission from PostgreSQL failed')
    }
  }
}

/**
 * Takes over where no instance may let people in through Redis, and returns true. Otherwise hands over what changed here to the
 * instances that have Redis, and returns false.
 */
async function takeOverOrHandOver(ctx: QueueContext): Promise<boolean> {
  const unsynced = ctx.rooms.unsynced.takeAll()
  try {
    const state = await takeOverLapsedLease(ctx.roomPool)
    if (state === 'TAKEN') ctx.logger.warn('people are let in from PostgreSQL')
    // The noted places are dropped: all rooms are built from the rows before Redis is used again, and the rows have these changes.
    if (state !== 'HELD') return true
    if (unsynced.length > 0) await handOverPlaces(ctx.roomPool, unsynced)
    return false
  } catch (error) {
    for (const place of unsynced) ctx.rooms.unsynced.add(place)
    throw error
  }
}

/** One round for one room. False where the lease is held again, so that PostgreSQL may let nobody in. */
async function admitToRoom(ctx: QueueContext, memory: AdmissionMemory, scheduleId: number): Promise<boolean> {
  const onSale = await ctx.schedules.get(scheduleId)
  const window = { ...admissionWindow(onSale), over: isOver(onSale, ctx.now().getTime()) }
  for (let count = 0; count < BATCHES_A_ROUND; count += 1) {
    const batch = await tryBatch(ctx, memory, scheduleId, window)
    if (batch === undefined) return false
    if (batch.admitted > 0) ctx.events.admitted(scheduleId, batch.admitted)
    if (batch.ended > 0) ctx.events.ended(scheduleId, 'EXPIRED', batch.ended)
    if (batch.drawDue) ctx.drawsDue.add(scheduleId)
    if (batch.nobodyWaitsUpTo > 0) memory.nobodyWaitsUpTo.set(scheduleId, batch.nobodyWaitsUpTo)
    if (!batch.hasMore) break
  }
  return true
}

async function tryBatch(
  ctx: QueueContext,
  memory: AdmissionMemory,
  scheduleId: number,
  window: Window,
): Promise<BatchOutcome | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await admitBatch(ctx, memory, scheduleId, window)
    } catch (error) {
      if (attempt > RETRIES_MAX) throw error
    }
  }
}

const NOTHING_DONE: BatchOutcome = {
  admitted: 0,
  ended: 0,
  drawDue: false,
  nobodyWaitsUpTo: 0,
  hasMore: false,
}

/**
 * Ends the places whose time is over, counts who is in, and lets the next people in, as lua/admit.lua does. The room is locked
 * meanwhile, so that the rounds of several instances follow each other. Undefined where the lease is held again.
 */
async function admitBatch(
  ctx: QueueContext,
  memory: AdmissionMemory,
  scheduleId: number,
  window: Window,
): Promise<BatchOutcome | undefined> {
  return inTransaction(ctx.roomPool, async (tx) => {
    const room = await lockRoom(tx, scheduleId)
    // The lease is checked after the wait for the room, in which it may have been taken. Whoever wants to use Redis again waits
    // for this lock.
    const takenOverAtMs = await lockLapsedLease(tx)
    if (takenOverAtMs === undefined) return undefined
    if (room === undefined) return NOTHING_DONE
    const { nowMs, ended, ...counts } = await endOverdueAndCount(tx, scheduleId, BATCH)
    if (window.over) {
      const endedWaiting = await endWaiting(tx, scheduleId, BATCH)
      const hasMore = ended === BATCH || endedWaiting === BATCH
      return { ...NOTHING_DONE, ended: ended + endedWaiting, hasMore }
    }
    const isOpen = nowMs >= window.opensAtMs && nowMs < window.endsAtMs
    const places = isOpen ? freePlaces(room, counts) : 0
    if (places === 0)
      return { ...NOTHING_DONE, ended, drawDue: isOpen && !room.drawn, hasMore: ended === BATCH }
    const next = await admitNext(tx, {
      scheduleId,
      afterSequence: memory.nobodyWaitsUpTo.get(scheduleId) ?? 0,
      limit: places,
      nowMs,
      activeMs: ctx.config.ACTIVE_MS,
      takenOverAtMs,
      activeBefore: counts.active,
      ...limitsOf(room),
    })
    return {
      ...NOTHING_DONE,
      ended,
      admitted: next.admitted,
      nobodyWaitsUpTo: next.found < places ? room.lastSequence : (next.last ?? 0),
      hasMore: next.found === BATCH || ended === BATCH,
    }
  })
}

function freePlaces(room: LockedRoom, counts: { active: number; admittedLastSecond: number }): number {
  if (room.paused || !room.drawn) return 0
  if (room.maxActive === null) return BATCH
  const free = room.maxActive - counts.active
  const rate = room.admitPerSecond - counts.admittedLastSecond
  return Math.max(0, Math.min(BATCH, free, rate))
}

function limitsOf({
  maxActive,
  admitPerSecond,
}: LockedRoom): Pick<LockedRoom, 'maxActive' | 'admitPerSecond'> {
  return { maxActive, admitPerSecond }
}
