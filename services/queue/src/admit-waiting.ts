import { inTransaction } from '@frontrow/postgres/transaction'
import { isRefusal } from '@frontrow/proto/refusals'
import { LRUCache } from 'lru-cache'
import type { QueueContext } from './context.ts'
import { RedisAwayError, RoomBuildingError } from './redis-gate.ts'
import { admissionWindow, isOver } from './schedules.ts'
import type { AdmissionRound } from './room-replies.ts'
import { takeHandedOverPlaces } from './sql/handed-over-places.ts'

// A script blocks Redis, for about 1 ms with this many people.
const BATCH = 100
const BATCHES_A_ROUND = 20
const ATTEMPTS = 3
const HANDED_OVER_BATCH = 2_000
// A room where nobody waits or is ACTIVE stays on the schedulers' list this long.
const IDLE_AFTER_MS = 60_000

// A room whose schedule can't be read is left alone for a while.
const TROUBLE_PAUSE_MS = 2_000
const TROUBLED_ROOMS_MAX = 5_000

/** Rooms whose last round failed, and until when they are passed over; milliseconds since the epoch. */
export type TroubledRooms = LRUCache<number, number>

/** No room is in trouble yet. */
export function noTroubledRooms(): TroubledRooms {
  return new LRUCache({ max: TROUBLED_ROOMS_MAX })
}

/** One round over all busy rooms: ends what is over and lets the next ones in. Any number of instances may do this. */
export async function admitWaiting(
  ctx: QueueContext,
  troubled: TroubledRooms,
  signal: AbortSignal,
): Promise<void> {
  if (!ctx.rooms.isOpen) return
  if (ctx.gate.handedOver) await takeHandedOver(ctx)
  await ctx.rooms.replayUnsynced()
  for (const { scheduleId, mark } of await ctx.rooms.listBusy()) {
    if (signal.aborted) break
    const nowMs = ctx.now().getTime()
    if ((troubled.get(scheduleId) ?? 0) > nowMs) continue
    try {
      await admitToRoom(ctx, scheduleId, mark)
    } catch (error) {
      // The next round finds the room built, and the other rooms need not wait for that.
      if (error instanceof RoomBuildingError) continue
      // Without Redis every other room would fail too. Any other failure concerns this room alone.
      if (error instanceof RedisAwayError) throw error
      troubled.set(scheduleId, nowMs + TROUBLE_PAUSE_MS)
      ctx.logger.warn({ err: error, scheduleId }, 'a round of admission failed')
      // A schedule that does not exist never lets anybody in, so its room leaves the list.
      if (isRefusal(error, 'SCHEDULE_NOT_FOUND')) await ctx.rooms.forgetBusy(scheduleId, mark)
    }
  }
  await ctx.changes.flush()
}

/** Brings to Redis the changes of instances that have lost it. */
async function takeHandedOver(ctx: QueueContext): Promise<void> {
  await inTransaction(ctx.roomPool, async (tx) => {
    const places = await takeHandedOverPlaces(tx, HANDED_OVER_BATCH)
    for (const place of places) ctx.rooms.unsynced.add(place)
    // This comes before the commit, so that another instance does it when this one ends here.
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
      if (attempt > ATTEMPTS || !ctx.rooms.isOpen || error instanceof RoomBuildingError) throw error
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
