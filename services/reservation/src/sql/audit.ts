import type { Queryable } from '@frontrow/postgres/pool'

/** Rows that were looked at, and those that break the rule. */
export interface Finding {
  checked: number
  violationCount: number
  violations: string[]
}

interface FindingRow {
  checked: number
  violation_count: number
  violations: string[]
}

// One statement each: one snapshot and one clock (now()), so that nothing in between looks like a violation.
const LIVE = `live AS MATERIALIZED (
  SELECT reservation_id, user_id, schedule_id, status, expires_at, seats FROM reservations
  WHERE status = 'CONFIRMED' OR (status = 'HOLD' AND expires_at > now())
), live_seats AS MATERIALIZED (
  SELECT l.reservation_id, l.user_id, l.schedule_id, l.status, l.expires_at, (s ->> 'seatId')::bigint AS seat_id
  FROM live l, json_array_elements(l.seats) s
)`

/**
 * Invariant 1, from the seats that were sold and not from the table that guards them: no seat in two live reservations,
 * every live reservation has its seats, and every live seat row is a live reservation's.
 */
export async function findDoubleSoldSeats(db: Queryable, shownMax: number): Promise<Finding> {
  const { rows } = await db.query<FindingRow>(
    `WITH ${LIVE}, broken AS (
       SELECT format('seat %s of schedule %s is in %s live reservations: %s', seat_id, schedule_id, count(*),
                     string_agg(reservation_id::text, ', ')) AS line
       FROM live_seats GROUP BY schedule_id, seat_id HAVING count(*) > 1
       UNION ALL
       SELECT format('reservation %s (%s) does not have its seat %s of schedule %s', l.reservation_id, l.status,
                     l.seat_id, l.schedule_id)
       FROM live_seats l LEFT JOIN seat_holds h USING (schedule_id, seat_id)
       WHERE h.reservation_id IS DISTINCT FROM l.reservation_id
          OR h.expires_at <> CASE WHEN l.status = 'CONFIRMED' THEN 'infinity' ELSE l.expires_at END
       UNION ALL
       SELECT format('seat %s of schedule %s is kept for reservation %s, which is not live or not of this seat',
                     h.seat_id, h.schedule_id, h.reservation_id)
       FROM seat_holds h LEFT JOIN live_seats l USING (schedule_id, seat_id, reservation_id)
       WHERE h.expires_at > now() AND l.reservation_id IS NULL
     )
     SELECT (SELECT count(*) FROM live_seats) + (SELECT count(*) FROM seat_holds) AS checked,
       (SELECT count(*) FROM broken) AS violation_count,
       (SELECT coalesce(json_agg(line), '[]') FROM (SELECT line FROM broken LIMIT $1) shown) AS violations`,
    [shownMax],
  )
  return toFinding(rows[0])
}

/** Invariant 9: seats in live reservations of one user and schedule. */
export async function findUsersAboveLimit(
  db: Queryable,
  seatsPerUserMax: number,
  shownMax: number,
): Promise<Finding> {
  const { rows } = await db.query<FindingRow>(
    `WITH ${LIVE}, per_user AS MATERIALIZED (
       SELECT user_id, schedule_id, count(*) AS seats FROM live_seats GROUP BY user_id, schedule_id
     ), broken AS (
       SELECT format('user %s has %s seats of schedule %s', user_id, seats, schedule_id) AS line
       FROM per_user WHERE seats > $1
     )
     SELECT (SELECT count(*) FROM per_user) AS checked, (SELECT count(*) FROM broken) AS violation_count,
       (SELECT coalesce(json_agg(line), '[]') FROM (SELECT line FROM broken LIMIT $2) shown) AS violations`,
    [seatsPerUserMax, shownMax],
  )
  return toFinding(rows[0])
}

function toFinding(row: FindingRow | undefined): Finding {
  if (row === undefined) throw new Error('the audit statement answered nothing')
  return { checked: row.checked, violationCount: row.violation_count, violations: row.violations }
}
