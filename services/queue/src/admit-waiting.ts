import { inTransaction } from '@frontrow/postgres/transaction'
import { isRefusal } from '@frontrow/proto/refusals'
import { LRUCache } from 'lru-cache'
import type { QueueContext } from './context.ts'
import { RedisAwayError, RoomBuildingError } from './redis-gate.ts'
import { admissionWindow, isOver } from './schedules.ts'
import type { AdmissionRound } from './room-replies.ts'
import { takeHandedOverPlaces } from './sql/handed-over-places.ts'

// A script blocks Redis while it runs: about 1 ms for this many people.
const BATCH = 100
const BATCHES_A_ROUND = 20
const RETRIES_MAX = 3
const HANDED_OVER_BATCH = 2_000
// A room where nobody waits or is ACTIVE stays on the schedulers' list this long.
const IDLE_AFTER_MS = 60_000

// A room whose round failed, perhaps because its schedule can't be read, is not tried again for this long.
const FAILED_ROOM_PAUSE_MS = 2_000
const FAILED_ROOMS_MAX = 5_000

/** Rooms whose last round failed, and until when they are passed over; milliseconds since the epoch. */
export type FailedRooms = LRUCache<number, number>

/** A list without any room. */
export function noFailedRooms(): FailedRooms {
  return new LRUCache({ max: FAILED_ROOMS_MAX })
}

/**
 * One round over all busy rooms: ends the places whose time is over and lets the next people in. Any number of instances may do
 * this.
 */
export async function admitWaiting(
  ctx: QueueContext,
  failedRooms: FailedRooms,
  signal: AbortSignal,
): Promise<void> {
  if (!ctx.rooms.isOpen) return
  if (ctx.gate.hasHandedOver) await takeHandedOver(ctx)
  await ctx.rooms.replayUnsynced()
  for (const { scheduleId, mark } of await ctx.rooms.listBusy()) {
    if (signal.aborted) break
    const nowMs = ctx.now().getTime()
    if ((failedRooms.get(scheduleId) ?? 0) > nowMs) continue
    try {
      await admitToRoom(ctx, scheduleId, mark)
    } catch (error) {
      // The room is being built. A later round serves it, and the other rooms do not wait for that.
      if (error instanceof RoomBuildingError) continue
      // Without Redis all other rooms would fail too, so the round ends. Any other error concerns this room alone.
      if (error instanceof RedisAwayError) throw error
      failedRooms.set(scheduleId, nowMs + FAILED_ROOM_PAUSE_MS)
      ctx.logger.warn({ err: error, scheduleId }, 'a round of admission failed')
      // A schedule that does not exist lets nobody in, so its room need not be looked at again.
      if (isRefusal(error, 'SCHEDULE_NOT_FOUND')) await ctx.rooms.forgetBusy(scheduleId, mark)
    }
  }
  await ctx.changes.flush()
}

/** Writes to Redis the places that were changed by instances that have lost it. */
async function takeHandedOver(ctx: QueueContext): Promise<void> {
  await inTransaction(ctx.roomPool, async (tx) => {
    const places = await takeHandedOverPlaces(tx, HANDED_OVER_BATCH)
    for (const place of places) ctx.rooms.unsynced.add(place)
    // Redis is written before the commit. If this instance ends in between, the places are still in the table for another one.
    await ctx.rooms.replayUnsynced()
  })
}

async function admitToRoom(ctx: QueueContext, scheduleId: number, mark: string): Promise<void> {
  const onSale = await ctx.schedules.get(scheduleId)
  const nowMs = ctx.now().getTime()
  const window = { ...admissionWindow(onSale), over: isOver(onSale, nowMs) }
  for (let batch = 0; batch < BATCHES_A_ROUND; batch += 1) {
    const round = await admitBatch(ctx, scheduleId, window)
    noteRound(ctx, scheduleId, round)
    if (round.drawDue) ctx.drawsDue.add(scheduleId)
    if (round.admitted.length < BATCH && round.ended.length < BATCH) {
      if (round.waiting === 0 && round.active === 0 && nowMs - Number(mark) > IDLE_AFTER_MS) {
        await ctx.rooms.forgetBusy(scheduleId, mark)
        ctx.events.roomIdle(scheduleId)
      }
      return
    }
  }
}

async function admitBatch(
  ctx: QueueContext,
  scheduleId: number,
  window: { opensAtMs: number; endsAtMs: number; over: boolean },
): Promise<AdmissionRound> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ctx.rooms.admit(scheduleId, window, BATCH)
    } catch (error) {
      if (attempt > RETRIES_MAX || !ctx.rooms.isOpen || error instanceof RoomBuildingError) throw error
    }
  }
}

function noteRound(ctx: QueueContext, scheduleId: number, round: AdmissionRound): void {
  for (const { estimate, ...admission } of round.admitted) {
    ctx.changes.admitted(admission, round.deadlineMs)
    if (estimate !== undefined) ctx.events.estimateProved(estimate.predictedSeconds, estimate.actualSeconds)
  }
  for (const sequence of round.ended) ctx.changes.ended(scheduleId, sequence, round.nowMs)
  if (round.admitted.length > 0) ctx.events.admitted(scheduleId, round.admitted.length)
  if (round.ended.length > 0) ctx.events.ended(scheduleId, 'EXPIRED', round.ended.length)
  ctx.events.roomSeen(scheduleId, round)
}
