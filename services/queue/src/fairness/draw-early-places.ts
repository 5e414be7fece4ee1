import { changeRoom } from '../admission/change-room.ts'
import type { LockedRoom } from '../admission/change-room.ts'
import type { QueueContext } from '../context.ts'
import { admissionWindow } from '../schedules.ts'
import { drawOrder } from './draw-order.ts'
import { closeEarlyList, markDrawn, moveEntries } from './fairness-rows.ts'

// A batch of this size holds the lock of the room for some 0.1 s, in which joins wait.
const MOVES_A_BATCH = 2_000

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
  // The draw is made by whoever holds this lock of PostgreSQL, which ends with the connection of an instance that was killed.
  const drawer = await ctx.pool.connect()
  try {
    const { rows } = await drawer.query<{ isOurs: boolean }>({
      text: `SELECT pg_try_advisory_lock(hashtext('frontrow draw'), $1::int) AS "isOurs"`,
      values: [scheduleId % 2 ** 31],
    })
    if (rows[0]?.isOurs !== true) return 'BUSY'
    const closed = await closeDueList(ctx, scheduleId, opensAtMs)
    if (closed === undefined) return 'NOT_YET'
    return closed.drawnAt !== null || (await moveToDrawnPlaces(ctx, closed, signal)) ? 'DRAWN' : 'BUSY'
  } finally {
    // A closed connection gives the lock back, whatever has happened to it.
    drawer.release(true)
  }
}

/** The room with its list closed; undefined where that is not due yet. */
async function closeDueList(
  ctx: QueueContext,
  scheduleId: number,
  opensAtMs: number,
): Promise<LockedRoom | undefined> {
  const closed = await changeRoom(ctx, scheduleId, async (tx, room) =>
    room.earlyEntries === null && room.nowMs >= opensAtMs ? closeEarlyList(tx, room) : room,
  )
  return closed?.earlyEntries === null ? undefined : closed
}

async function moveToDrawnPlaces(
  ctx: QueueContext,
  { scheduleId, seed, earlyEntries }: LockedRoom,
  signal: AbortSignal,
): Promise<boolean> {
  const entryCount = earlyEntries ?? 0
  const order = await drawOrder(seed, scheduleId, entryCount)
  for (let from = 0; from < order.length; from += MOVES_A_BATCH) {
    const entries = order.slice(from, from + MOVES_A_BATCH)
    const sequences = entries.map((_entry, index) => entryCount + from + index + 1)
    if (signal.aborted) return false
    await changeRoom(ctx, scheduleId, async (tx, room) => {
      await moveEntries(tx, scheduleId, { entries, sequences })
      return room
    })
  }
  await changeRoom(ctx, scheduleId, async (tx, room) =>
    room.drawnAt === null ? { version: await markDrawn(tx, room) } : room,
  )
  ctx.logger.info({ scheduleId, entries: entryCount }, 'the places of those who came early were drawn')
  return true
}
