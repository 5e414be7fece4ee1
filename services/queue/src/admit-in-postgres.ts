import { inTransaction } from '@frontrow/postgres/transaction'
import { LRUCache } from 'lru-cache'
import type { QueueContext } from './context.ts'
import { admissionWindow, isOver } from './schedules.ts'
import { admitNext, endOverdueAndCount, endWaiting, lockRoom } from './sql/admit-places.ts'
import type { LockedRoom } from './sql/admit-places.ts'
import { handOverPlaces } from './sql/handed-over-places.ts'
import { lockLapsedLease, takeOverLapsedLease } from './sql/redis-lease.ts'
import { listLiveRooms } from './sql/rooms.ts'

// A batch holds the room's lock for some tens of milliseconds.
const BATCH = 500
const BATCHES_A_ROUND = 10
const ATTEMPTS = 3
const ROOMS_MAX = 5_000
const TROUBLE_PAUSE_MS = 2_000

interface Window {
  opensAtMs: number
  endsAtMs: number
  over: boolean
}

interface Batch {
  admitted: number
  ended: number
  drawDue: boolean
  /** Nobody up to this sequence waits any more; 0 where that is not known. */
  passed: number
  /** Whether another batch would find more to do. */
  more: boolean
}

/** What rounds of this process remember of each room. */
export interface AdmissionMemory {
  /** Nobody up to this sequence waits, and nobody will, because sequences only grow. */
  passed: LRUCache<number, number>
  /** Rooms whose last round failed, and until when they are passed over; milliseconds since the epoch. */
  troubled: LRUCache<number, number>
}

/** The memory of a process that has made no round yet. */
export function noAdmissionMemory(): AdmissionMemory {
  return { passed: new LRUCache({ max: ROOMS_MAX }), troubled: new LRUCache({ max: ROOMS_MAX }) }
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
  if (!(await standIn(ctx))) return
  for (const scheduleId of await listLiveRooms(ctx.roomPool)) {
    if (signal.aborted || ctx.gate.isOpen) return
    const nowMs = ctx.now().getTime()
    if ((memory.troubled.get(scheduleId) ?? 0) > nowMs) continue
    try {
      if (!(await admitToRoom(ctx, memory, scheduleId))) return
    } catch (error) {
      memory.troubled.set(scheduleId, nowMs + TROUBLE_PAUSE_MS)
      ctx.logger.warn({ err: error, scheduleId }, 'a round of admission from PostgreSQL failed')
    }
  }
}

/** Whether people are let in from PostgreSQL now. */
async function standIn(ctx: QueueContext): Promise<boolean> {
  const unsynced = ctx.rooms.unsynced.takeAll()
  try {
    const state = await takeOverLapsedLease(ctx.roomPool)
    if (state === 'TAKEN') ctx.logger.warn('people are let in from PostgreSQL')
    // Redis is believed again only after its rooms were built from the rows, which hold these changes already.
    if (state !== 'HELD') return true
    if (unsynced.length > 0) await handOverPlaces(ctx.roomPool, unsynced)
    return false
  } catch (error) {
    for (const place of unsynced) ctx.rooms.unsynced.add(place)
    throw error
  }
}

/** Admits people to one room; false where the lease is held again. */
async function admitToRoom(ctx: QueueContext, memory: AdmissionMemory, scheduleId: number): Promise<boolean> {
  const onSale = await ctx.schedules.get(scheduleId)
  const window = { ...admissionWindow(onSale), over: isOver(onSale, ctx.now().getTime()) }
  for (let count = 0; count < BATCHES_A_ROUND; count += 1) {
    const batch = await tryBatch(ctx, memory, scheduleId, window)
    if (batch === undefined) return false
    if (batch.admitted > 0) ctx.events.admitted(scheduleId, batch.admitted)
    if (batch.ended > 0) ctx.events.ended(scheduleId, 'EXPIRED', batch.ended)
    if (batch.drawDue) ctx.drawsDue.add(scheduleId)
    if (batch.passed > 0) memory.passed.set(scheduleId, batch.passed)
    if (!batch.more) break
  }
  return true
}

async function tryBatch(
  ctx: QueueContext,
  memory: AdmissionMemory,
  scheduleId: number,
  window: Window,
): Promise<Batch | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await admitBatch(ctx, memory, scheduleId, window)
    } catch (error) {
      if (attempt > ATTEMPTS) throw error
    }
  }
}

const NOTHING: Batch = { admitted: 0, ended: 0, drawDue: false, passed: 0, more: false }

/**
 * Ends what is over, counts, and lets in the next, as lua/admit.lua does: the room's lock makes rounds of all instances follow
 * each other. Undefined where the lease is held again.
 */
async function admitBatch(
  ctx: QueueContext,
  memory: AdmissionMemory,
  scheduleId: number,
  window: Window,
): Promise<Batch | undefined> {
  return inTransaction(ctx.roomPool, async (tx) => {
    const room = await lockRoom(tx, scheduleId)
    // This lock comes after the room's, because whoever wants to use Redis again waits for it.
    const takenOverAtMs = await lockLapsedLease(tx)
    if (takenOverAtMs === undefined) return undefined
    if (room === undefined) return NOTHING
    const { nowMs, ended, ...counts } = await endOverdueAndCount(tx, scheduleId, BATCH)
    if (window.over) {
      const waitedInVain = await endWaiting(tx, scheduleId, BATCH)
      const more = ended === BATCH || waitedInVain === BATCH
      return { ...NOTHING, ended: ended + waitedInVain, more }
    }
    const isOpen = nowMs >= window.opensAtMs && nowMs < window.endsAtMs
    const places = isOpen ? freePlaces(room, counts) : 0
    if (places === 0) return { ...NOTHING, ended, drawDue: isOpen && !room.drawn, more: ended === BATCH }
    const next = await admitNext(tx, {
      scheduleId,
      afterSequence: memory.passed.get(scheduleId) ?? 0,
      limit: places,
      nowMs,
      activeMs: ctx.config.ACTIVE_MS,
      takenOverAtMs,
      activeBefore: counts.active,
      ...limitsOf(room),
    })
    return {
      ...NOTHING,
      ended,
      admitted: next.admitted,
      passed: next.looked < places ? room.lastSequence : (next.last ?? 0),
      more: next.looked === BATCH || ended === BATCH,
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
