import { randomUUID } from 'node:crypto'
import type { Pool } from '@frontrow/postgres/pool'
import type { Redis } from 'ioredis'
import { runScript } from './room-scripts.ts'
import { readFairness } from './sql/fairness.ts'
import { readLastAdmitted, readLivePlaces, readRecentAdmissions } from './sql/room-places.ts'
import type { RoomLimits } from './sql/rooms.ts'
import { readRoom } from './sql/rooms.ts'
import { toDigest } from './token-value.ts'

/** How a rebuild ended. DONE: the room was built already. BUSY: another instance is building it. */
export type RebuildOutcome = 'BUILT' | 'DONE' | 'BUSY'

/** Another instance has taken over the rebuild. */
class SupersededError extends Error {
  override name = 'SupersededError'
}

const PAGE = 5_000
// A step of this many places blocks Redis for about 4 ms; the commands of others run between the steps.
const STEP = 1_000
const ADMISSIONS_MAX = 60_000
const JUST_DRAWN_MS = 1_000

/**
 * Makes one room of Redis from PostgreSQL, under `epoch`. Several at once are safe. `settle` waits until all instances have
 * noted what the room decided before it was lost.
 */
export async function rebuildRoom(
  redis: Redis,
  pool: Pool,
  room: { scheduleId: number; epoch: string; defaults: RoomLimits; settle: () => Promise<void> },
): Promise<RebuildOutcome> {
  const { scheduleId, epoch } = room
  const builder = randomUUID()
  const step = async (name: string, args: (string | number)[]): Promise<string> => {
    const [outcome] = await runScript(redis, 'rebuild', scheduleId, [name, builder, epoch, ...args])
    if (outcome === 'SUPERSEDED') throw new SupersededError(`room ${scheduleId} is built by another instance`)
    return outcome
  }
  const beginOutcome = await step('begin', [])
  if (beginOutcome === 'DONE' || beginOutcome === 'BUSY') return beginOutcome
  try {
    // This is read before the places, so that places from before the draw are never marked as drawn.
    const drawnAt = (await readFairness(pool, scheduleId))?.drawnAt ?? null
    const drawn = drawnAt !== null
    // People have been let in, and the last of them may not be in the rows yet.
    if (drawn && Date.now() - drawnAt.getTime() > JUST_DRAWN_MS) await room.settle()
    await copyPlaces(pool, scheduleId, (args) => step('places', args))
    const admissions = await readRecentAdmissions(pool, scheduleId, ADMISSIONS_MAX)
    for (let from = 0; from < admissions.length; from += STEP) {
      const batch = admissions.slice(from, from + STEP)
      await step(
        'admissions',
        batch.flatMap(({ sequence, admittedAtMs }) => [sequence, admittedAtMs]),
      )
    }
    const lastAdmitted = await readLastAdmitted(pool, scheduleId)
    const limits = (await readRoom(pool, scheduleId)) ?? { ...room.defaults, version: 0 }
    await step('finish', [
      limits.version,
      limits.maxActive ?? '',
      limits.admitPerSecond,
      limits.paused ? 1 : 0,
      lastAdmitted,
      drawn ? 1 : 0,
    ])
    return 'BUILT'
  } catch (error) {
    if (error instanceof SupersededError) return 'BUSY'
    throw error
  }
}

async function copyPlaces(
  pool: Pool,
  scheduleId: number,
  write: (args: (string | number)[]) => Promise<unknown>,
): Promise<void> {
  let page = readLivePlaces(pool, scheduleId, 0, PAGE)
  for (;;) {
    const rows = await page
    const last = rows.at(-1)
    const isLast = last === undefined || rows.length < PAGE
    if (!isLast) {
      // The next page is read while this one is written. Its failure shows where it is awaited; without this empty handler it
      // would end the process before.
      page = readLivePlaces(pool, scheduleId, last.sequence, PAGE)
      page.catch(() => undefined)
    }
    for (let from = 0; from < rows.length; from += STEP) {
      const args = rows.slice(from, from + STEP).flatMap((row) => [
        row.userId,
        toDigest(row.tokenHash),
        row.sequence,
        // A place whose deadline has passed is copied too, since the next round ends it like any other.
        row.status === 'ACTIVE' ? (row.activeUntil?.getTime() ?? 1) : 0,
      ])
      await write(args)
    }
    if (isLast) return
  }
}
