import type { Queryable } from '@frontrow/postgres/pool'
import { refuse } from '@frontrow/proto/refusals'
import type { Context } from './context.ts'
import type { Reservation } from './reservation.ts'
import { listReleases } from './sql/releases.ts'

/** A hold that its holder did not keep: given back, or run out. */
export interface Release {
  /** Its seats, once for its first length and once more for each refresh. */
  seats: number
  /** Until when it counts. */
  countsUntil: Date
}

/** How much somebody may still give back of a schedule. */
export interface ReleaseAllowance {
  /** Seats; at 0 nothing can be held. */
  releasesLeft: number
  /** When seats can be held again; null where they can be now. */
  holdAgainAt: Date | null
}

/**
 * What is left of `releasesMax` after these releases, all of which still count. Whoever has reached it may hold again once so many of them have
 * stopped to count that the others are below it.
 */
export function allowanceAfter(releases: readonly Release[], releasesMax: number): ReleaseAllowance {
  let released = releases.reduce((sum, { seats }) => sum + seats, 0)
  const releasesLeft = Math.max(0, releasesMax - released)
  if (releasesLeft > 0) return { releasesLeft, holdAgainAt: null }
  const inOrder = releases.toSorted((a, b) => a.countsUntil.getTime() - b.countsUntil.getTime())
  const last = inOrder.find(({ seats }) => {
    released -= seats
    return released < releasesMax
  })
  return { releasesLeft, holdAgainAt: last?.countsUntil ?? null }
}

/** How much a user may still give back of a schedule, now. */
export async function readAllowance(
  { pool, config }: Pick<Context, 'pool' | 'config'>,
  scheduleId: number,
  userId: string,
): Promise<ReleaseAllowance> {
  const releases = await listReleases(pool, scheduleId, userId, config.RELEASES_WINDOW_MS)
  return allowanceAfter(releases, config.RELEASES_MAX)
}

/** How much it is once this reservation is given back, as one that has ended is already. */
export async function readAllowanceOnceReleased(
  { config, now }: Pick<Context, 'config' | 'now'>,
  db: Queryable,
  reservation: Pick<Reservation, 'status' | 'scheduleId' | 'userId' | 'seats' | 'refreshes' | 'reservedAt'>,
): Promise<ReleaseAllowance> {
  const { status, scheduleId, userId, seats, refreshes, reservedAt } = reservation
  const releases = await listReleases(db, scheduleId, userId, config.RELEASES_WINDOW_MS)
  const countsUntil = new Date(reservedAt.getTime() + config.RELEASES_WINDOW_MS)
  const isLive = status === 'HOLD' || status === 'CONFIRMED'
  // What was bought before the window counts no more.
  if (isLive && countsUntil > now()) releases.push({ seats: seats.length * (1 + refreshes), countsUntil })
  return allowanceAfter(releases, config.RELEASES_MAX)
}

/** The refusal of whoever has given back too many seats of a schedule. */
export function releasedTooMany(
  { config, now }: Pick<Context, 'config' | 'now'>,
  holdAgainAt: Date | null,
): Error {
  const limit = config.RELEASES_MAX
  // Null where the last of them has stopped to count since the refusal.
  const waitMs = (holdAgainAt?.getTime() ?? 0) - now().getTime()
  const when = holdAgainAt === null ? 'now' : `at ${holdAgainAt.toISOString()}`
  return refuse(
    'RELEASE_LIMIT_EXCEEDED',
    `you took ${limit} seats or more of this schedule lately and did not keep them; you can hold again ${when}`,
    {
      details: { limit, holdAgainAt: holdAgainAt?.toISOString() ?? null },
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
    },
  )
}
