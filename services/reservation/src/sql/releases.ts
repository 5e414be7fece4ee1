import type { Queryable } from '@frontrow/postgres/pool'
import type { Release } from '../releases.ts'

/**
 * Holds of a schedule that a user made within the last `windowMs` and did not keep, whether given back, cancelled after they were paid, or run
 * out. What an admin or the end of a schedule has cancelled is none of them. `judge_holds` (migrations/0013_released_seats.sql) counts the same.
 */
export async function listReleases(
  db: Queryable,
  scheduleId: number,
  userId: string,
  windowMs: number,
): Promise<Release[]> {
  const { rows } = await db.query<Release>({
    name: 'releases-list',
    // OFFSET 0 keeps it one look by the user's index, whatever the table was like when the plan was made.
    text: `WITH clock AS MATERIALIZED (
             SELECT clock_timestamp() AS at, make_interval(secs => $3::float8 / 1000) AS length)
           SELECT cardinality(mine.seat_ids) * (1 + mine.refreshes) AS seats, mine.reserved_at + clock.length AS "countsUntil"
           FROM clock CROSS JOIN LATERAL (SELECT * FROM reservations r
             WHERE r.user_id = $2 AND r.reservation_id > first_reservation_since(clock.at - clock.length) OFFSET 0) mine
           WHERE mine.schedule_id = $1 AND mine.reserved_at > clock.at - clock.length
             AND is_released(mine.status, mine.expires_at, mine.cancel_reason, mine.cancelled_by_admin, clock.at)`,
    values: [scheduleId, userId, windowMs],
  })
  return rows
}
