import { LRUCache } from 'lru-cache'
import type { QueueContext } from './context.ts'
import { findUnnoted } from './sql/admissions.ts'

// An instance that has not noted an admission by then has ended, or has lost the answer.
const SETTLED_MS = 2_000
const BATCH = 5_000
const ROOMS_MAX = 5_000

/** Up to when this process has looked at each room's admissions; milliseconds since the epoch by Redis' clock. */
export type CheckedRooms = LRUCache<number, number>

/** A list without any room. */
export function noCheckedRooms(): CheckedRooms {
  return new LRUCache({ max: ROOMS_MAX })
}

/**
 * Notes in PostgreSQL who was let in through Redis by an instance that ended, or lost the answer, before it had noted it. Costs
 * one call a busy room, and a statement for those where somebody was let in since the last time.
 */
export async function noteMissedAdmissions(ctx: QueueContext, checked: CheckedRooms): Promise<void> {
  if (!ctx.rooms.isOpen) return
  const busy = await ctx.rooms.listBusy()
  if (busy.length === 0) return
  const upToMs = (await ctx.rooms.nowMs()) - SETTLED_MS
  for (const { scheduleId } of busy) {
    await noteMissedIn(ctx, scheduleId, checked.get(scheduleId) ?? 0, upToMs)
    checked.set(scheduleId, upToMs)
  }
}

async function noteMissedIn(
  ctx: QueueContext,
  scheduleId: number,
  afterMs: number,
  upToMs: number,
): Promise<void> {
  const recent = await ctx.rooms.recentAdmissions(scheduleId, afterMs, upToMs)
  for (let from = 0; from < recent.length; from += BATCH) {
    const batch = recent.slice(from, from + BATCH)
    const sequences = batch.map(({ admission }) => admission.sequence)
    const unnoted = await findUnnoted(ctx.pool, scheduleId, sequences)
    const missed = batch.filter(({ admission }) => unnoted.has(admission.sequence))
    for (const { admission, untilMs } of missed) ctx.changes.admitted(admission, untilMs)
    if (missed.length > 0)
      ctx.logger.warn({ scheduleId, count: missed.length }, 'admissions were not noted in time')
  }
}
