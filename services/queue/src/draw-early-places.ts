import { randomUUID } from 'node:crypto'
import { inTransaction } from '@frontrow/postgres/transaction'
import type { QueueContext } from './context.ts'
import { drawOrder } from './draw-order.ts'
import { RedisAwayError } from './redis-gate.ts'
import { admissionWindow } from './schedules.ts'
import { claimDraw, closeEarlyList, markDrawn, moveEntries } from './sql/fairness.ts'
import type { RoomFairness } from './sql/fairness.ts'

const MOVES_A_BATCH = 5_000
// An instance may compute the order of a million entries (some 6 s) before it renews its claim. The draw of an instance that was
// killed stands still for this long.
const CLAIM_MS = 15_000

/** Makes the draws that are due, one after the other. The next round of admission notes a draw that failed as due again. */
export async function drawDuePlaces(ctx: QueueContext, signal: AbortSignal): Promise<void> {
  for (const scheduleId of ctx.drawsDue) {
    ctx.drawsDue.delete(scheduleId)
    await drawEarlyPlaces(ctx, scheduleId, signal)
  }
}

/**
 * How an attempt to draw ended. BUSY: another instance is making the draw, or this one is stopping. NOT_YET: the on-sale is not
 * open, or the room does not exist yet.
 */
export type DrawOutcome = 'DRAWN' | 'BUSY' | 'NOT_YET'

/**
 * At the opening: closes the list of those who came early and gives them their places by the draw, behind which everybody who
 * joins from then on stands. Nobody is let in before it is done. Every step can be done again: an instance that ends in the
 * middle leaves the rest to the next one, with the same result.
 */
export async function drawEarlyPlaces(
  ctx: QueueContext,
  scheduleId: number,
  signal: AbortSignal,
): Promise<DrawOutcome> {
  const onSale = await ctx.schedules.get(scheduleId)
  if (onSale.status !== 'ON_SALE') return 'NOT_YET'
  const { opensAtMs } = admissionWindow(onSale)
  const room = await closeEarlyList(ctx.pool, scheduleId, opensAtMs)
  if (room === undefined || room.earlyEntries === null) return 'NOT_YET'
  if (room.drawnAt === null) {
    if (!(await moveToDrawnPlaces(ctx, scheduleId, room, signal))) return 'BUSY'
    await markDrawn(ctx.pool, scheduleId)
    ctx.logger.info(
      { scheduleId, entries: room.earlyEntries },
      'the places of those who came early were drawn',
    )
  }
  // The room in Redis still has the order from before the draw, also where another instance made the draw.
  try {
    await ctx.rooms.dropUndrawnRoom(scheduleId)
  } catch (error) {
    if (!(error instanceof RedisAwayError)) throw error
  }
  return 'DRAWN'
}

async function moveToDrawnPlaces(
  ctx: QueueContext,
  scheduleId: number,
  room: RoomFairness,
  signal: AbortSignal,
): Promise<boolean> {
  const entryCount = room.earlyEntries ?? 0
  const claim = { id: randomUUID(), holdMs: CLAIM_MS }
  if (!(await claimDraw(ctx.pool, scheduleId, claim))) return false
  const order = await drawOrder(room.seed, scheduleId, entryCount)
  for (let from = 0; from < order.length; from += MOVES_A_BATCH) {
    const entries = order.slice(from, from + MOVES_A_BATCH)
    const sequences = entries.map((_entry, index) => entryCount + from + index + 1)
    if (signal.aborted || !(await claimDraw(ctx.pool, scheduleId, claim))) return false
    await inTransaction(ctx.pool, (tx) => moveEntries(tx, scheduleId, { entries, sequences }))
  }
  return true
}
