import type { Pool } from '@frontrow/postgres/pool'
import type { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import { RedisAwayError } from './redis-gate.ts'
import { countPlaces, readLastAdmitted } from './sql/room-places.ts'
import { readRoom } from './sql/rooms.ts'
import type { RoomLimits } from './sql/rooms.ts'
import type { RoomSummary } from './room-replies.ts'
import type { WaitingLines } from './waiting-lines.ts'
import type { WaitingRooms } from './waiting-rooms.ts'

const MINUTE_MS = 60_000

/** A room as everybody may see it: from Redis, or as PostgreSQL has it while Redis is away. */
export async function summarizeRoom(
  rooms: WaitingRooms,
  inPostgres: CoalescedCache<number, RoomSummary>,
  scheduleId: number,
): Promise<RoomSummary> {
  try {
    return await rooms.summary(scheduleId)
  } catch (error) {
    if (!(error instanceof RedisAwayError)) throw error
    return inPostgres.get(scheduleId)
  }
}

/** Counts a room in PostgreSQL. Callers share one count a second (`summariesInPostgres` in start.ts). */
export async function countRoom(
  pool: Pool,
  lines: WaitingLines,
  scheduleId: number,
  defaults: RoomLimits,
): Promise<RoomSummary> {
  const [line, counts, limits, lastAdmitted] = await Promise.all([
    lines.get(scheduleId),
    countPlaces(pool, scheduleId),
    readRoom(pool, scheduleId),
    readLastAdmitted(pool, scheduleId),
  ])
  const { maxActive, admitPerSecond, paused } = limits ?? defaults
  const front = line.sequences[0]
  const nowMs = Date.now()
  return {
    nowMs,
    nowServing: front === undefined ? lastAdmitted : front - 1,
    waiting: line.sequences.length,
    ...counts,
    oldestAdmissionMs: nowMs - MINUTE_MS,
    maxActive,
    admitPerSecond,
    paused,
  }
}
