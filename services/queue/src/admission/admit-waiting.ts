import { LRUCache } from 'lru-cache'
import type { QueueContext } from '../context.ts'
import { noteKeptSeen } from '../places/note-seen.ts'
import type { LiveRoom } from '../redis-room/room-changes.ts'
import { admissionWindow, isOver } from '../schedules.ts'
import type { OnSale } from '../schedules.ts'
import { admitNext } from './admit-next.ts'
import type { AdmissionBatch } from './admit-next.ts'
import { changeRoom } from './change-room.ts'
import { livesOf } from './no-shows.ts'

// A batch of this size holds the room's lock for some tens of milliseconds.
const BATCH = 500
const BATCHES_A_ROUND = 10
const TRIES = 4
// A process without busy rooms asks this often whether another one has made a room busy.
const LOOK_EVERY_MS = 1_000
// A room where people wait and the on-sale is not open is looked at so often, for those who were not seen for long.
const CLOSED_ROOM_EVERY_MS = 1_000
// A room whose round failed, perhaps because its schedule can't be read, is not tried again for this long.
const FAILED_ROOM_PAUSE_MS = 2_000
const ROOMS_MAX = 5_000
const ROOMS_AT_ONCE = 4

/** What one process remembers between its rounds of admission. */
export class BusyRooms {
  rooms: LiveRoom[] = []
  /** Until when a room where only people wait is passed over, and one whose round failed; by `performance.now()`. */
  readonly closedUntil = new LRUCache<number, number>({ maxSize: ROOMS_MAX, sizeCalculation: () => 1 })
  readonly failedUntil = new LRUCache<number, number>({ maxSize: ROOMS_MAX, sizeCalculation: () => 1 })
  #lookDueAtMs = 0

  /** Whether the list is to be read anew: because it has rooms, this process has changed one, or a second has passed. */
  get isLookDue(): boolean {
    return this.rooms.length > 0 || performance.now() >= this.#lookDueAtMs
  }

  /** Keeps a list that was read just now. */
  keep(rooms: LiveRoom[]): void {
    this.rooms = rooms
    this.#lookDueAtMs = performance.now() + LOOK_EVERY_MS
  }

  /** Notes that this process has changed a room. */
  noteChange(): void {
    this.#lookDueAtMs = 0
  }
}

/** A round of admission over all busy rooms. Any number of instances make rounds; the lock of a room makes them follow each other. */
export async function admitWaiting(ctx: QueueContext, signal: AbortSignal): Promise<void> {
  const { busy } = ctx
  if (!busy.isLookDue) return
  try {
    const askedAtMs = performance.now()
    await noteKeptSeen(ctx)
    busy.keep(await ctx.mirror.look())
    ctx.noShowGrace.noteAnswer(askedAtMs)
  } catch (error) {
    ctx.noShowGrace.noteOutage()
    throw error
  }
  for (let from = 0; from < busy.rooms.length && !signal.aborted; from += ROOMS_AT_ONCE) {
    const some = busy.rooms.slice(from, from + ROOMS_AT_ONCE)
    await Promise.all(some.map((room) => admitToBusyRoom(ctx, room)))
  }
  ctx.events.roomsSeen(busy.rooms)
}

async function admitToBusyRoom(ctx: QueueContext, room: LiveRoom): Promise<void> {
  const { scheduleId, waiting, isOverdue } = room
  const { closedUntil, failedUntil } = ctx.busy
  const nowMs = performance.now()
  if ((failedUntil.get(scheduleId) ?? 0) > nowMs) return
  if (!isOverdue && (waiting === 0 || (closedUntil.get(scheduleId) ?? 0) > nowMs)) return
  try {
    const { opensAtMs, isOpen } = await admitToRoom(ctx, scheduleId)
    if (isOpen) return
    const untilOpening = opensAtMs - ctx.now().getTime()
    const restMs = untilOpening > 0 ? Math.min(CLOSED_ROOM_EVERY_MS, untilOpening) : CLOSED_ROOM_EVERY_MS
    closedUntil.set(scheduleId, nowMs + restMs)
  } catch (error) {
    failedUntil.set(scheduleId, nowMs + FAILED_ROOM_PAUSE_MS)
    ctx.logger.warn({ err: error, scheduleId }, 'a round of admission failed')
  }
}

/** A round for one room. Says when its on-sale opens, and whether anything can come of a round now. */
export async function admitToRoom(
  ctx: QueueContext,
  scheduleId: number,
): Promise<{ opensAtMs: number; isOpen: boolean }> {
  const onSale = await ctx.schedules.get(scheduleId)
  const nowMs = ctx.now().getTime()
  for (let count = 0; count < BATCHES_A_ROUND; count += 1) {
    const batch = await tryBatch(ctx, scheduleId, onSale)
    if (batch === undefined) break
    if (batch.admitted > 0) ctx.events.admitted(scheduleId, batch.admitted)
    if (batch.expired > 0) ctx.events.ended(scheduleId, 'EXPIRED', batch.expired)
    if (batch.drawDue) ctx.drawsDue.add(scheduleId)
    if (!batch.hasMore) break
  }
  const { opensAtMs, endsAtMs } = admissionWindow(onSale)
  return { opensAtMs, isOpen: isOver(onSale, nowMs) || (nowMs >= opensAtMs && nowMs < endsAtMs) }
}

async function tryBatch(
  ctx: QueueContext,
  scheduleId: number,
  onSale: OnSale,
): Promise<AdmissionBatch | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await changeRoom(ctx, scheduleId, (tx, room) => {
        // By PostgreSQL's clock, because a process whose clock is ahead must not send a line home.
        const window = { ...admissionWindow(onSale), over: isOver(onSale, room.nowMs) }
        return admitNext(tx, scheduleId, window, livesOf(ctx), BATCH)
      })
    } catch (error) {
      ctx.noShowGrace.noteOutage()
      if (attempt >= TRIES) throw error
    }
  }
}
