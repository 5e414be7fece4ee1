import type { Queryable } from '@frontrow/postgres/pool'
import type { Release } from '../releases.ts'

/**
 * Holds of a schedule that a user made within the last `windowMs` and did not keep, whether given back, cancelled after they were paid, or run
 * out. What an admin or the end of a schedule has cancelled is none of them. `judge_holds` counts the same rows, those of `list_releases`
 * (migrations/0013_released_seats.sql).
 */
export async function listReleases(
  db: Queryable,
  scheduleId: number,
  userId: string,
  windowMs: number,
): Promise<Release[]> {
  const { rows } = await db.query<Release>({
    name: 'releases-list',
    text: `WITH clock AS MATERIALIZED (
             SELECT clock_timestamp() AS at, make_interval(secs => $3::float8 / 1000) AS length)
           SELECT l.seats, l.made_at + clock.length AS "countsUntil"
           FROM clock CROSS JOIN LATERAL list_releases($2, $1, clock.at - clock.length, clock.at) l`,
    values: [scheduleId, userId, windowMs],
  })
  return rows
}
