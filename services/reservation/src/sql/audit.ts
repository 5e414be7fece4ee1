import type { Tx } from '@frontrow/postgres/pool'

/** How many rows were checked, and those that break the rule. */
export interface Finding {
  checked: number
  violationCount: number
  violations: string[]
}

interface FindingsRow {
  seats_checked: number
  seats_broken: number
  seat_lines: string[]
  users_checked: number
  users_broken: number
  user_lines: string[]
}

// The audit is rare and reads everything, so it may take longer than statements that people wait for, but less than the
// 10 s that any statement may take. 450,000 confirmed reservations of two seats took 4 s on two busy cores.
const STATEMENT_TIMEOUT_MS = 9_000

// Invariant 1, by one join of the seats of live reservations with the rows of seat_holds that guard them. Two live
// reservations of one seat can't both own its row, so a seat that is sold twice is always among the misfits, and only
// these few are checked again. A row without a user is a seat that the house keeps back (house-seats.ts); a live reservation
// must not have that either.
const SEATS = `
  misfits AS MATERIALIZED (
    SELECT schedule_id, seat_id, l.reservation_id, l.status, h.reservation_id AS holder, h.expires_at
    FROM (SELECT live.*, unnest(seat_ids) AS seat_id FROM live) l FULL JOIN seat_holds h USING (schedule_id, seat_id)
    WHERE (h.reservation_id IS DISTINCT FROM l.reservation_id OR h.expires_at <> l.kept_until)
      AND (l.reservation_id IS NOT NULL OR (h.expires_at > now() AND h.user_id <> ''))
  ), broken_seats AS (
    SELECT format('seat %s of schedule %s is in %s live reservations: %s', m.seat_id, m.schedule_id, count(*),
                  string_agg(l.reservation_id::text, ', ')) AS line
    FROM (SELECT DISTINCT schedule_id, seat_id FROM misfits WHERE reservation_id IS NOT NULL) m
    JOIN live l ON l.schedule_id = m.schedule_id AND m.seat_id = ANY (l.seat_ids)
    GROUP BY m.schedule_id, m.seat_id HAVING count(*) > 1
    UNION ALL
    SELECT format('reservation %s (%s) does not have its seat %s of schedule %s', reservation_id, status, seat_id,
                  schedule_id)
    FROM misfits WHERE reservation_id IS NOT NULL
    UNION ALL
    SELECT DISTINCT format('seat %s of schedule %s is kept for reservation %s, which is not live or not of this seat',
                           m.seat_id, m.schedule_id, m.holder)
    FROM misfits m LEFT JOIN live l ON l.reservation_id = m.holder AND l.schedule_id = m.schedule_id
      AND m.seat_id = ANY (l.seat_ids)
    WHERE m.expires_at > now() AND l.reservation_id IS NULL
  )`

const USERS = `
  per_user AS MATERIALIZED (
    SELECT user_id, schedule_id, sum(cardinality(seat_ids)) AS seats FROM live GROUP BY user_id, schedule_id
  ), broken_users AS (
    SELECT format('user %s has %s seats of schedule %s', user_id, seats, schedule_id) AS line
    FROM per_user WHERE seats > $1
  )`

/**
 * Checks invariant 1 from the seats in the reservations, not from the table that guards them: no seat is in two live
 * reservations, every live reservation has its seats, and every live seat row belongs to a live reservation. Checks
 * invariant 9 by counting each user's seats in live reservations of a schedule. It is one statement with one snapshot
 * and one clock reading, so that changes meanwhile don't look like violations. `tx` must be a transaction of its own,
 * because this sets its statement timeout.
 */
export async function auditSeats(
  tx: Tx,
  limits: { seatsPerUserMax: number; shownMax: number },
): Promise<{ seats: Finding; users: Finding }> {
  await tx.query(`SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}`)
  const query = {
    // `status IN (…)` repeats what follows it, so that the planner uses the index reservations_live.
    text: `WITH live AS MATERIALIZED (
        SELECT reservation_id, user_id, schedule_id, status, seat_ids,
          CASE status WHEN 'CONFIRMED' THEN 'infinity' ELSE expires_at END AS kept_until
        FROM reservations
        WHERE status IN ('HOLD', 'CONFIRMED') AND (status = 'CONFIRMED' OR expires_at > now())
      ), ${SEATS}, ${USERS}
      SELECT (SELECT coalesce(sum(cardinality(seat_ids)), 0) FROM live)
               + (SELECT count(*) FROM seat_holds) AS seats_checked,
        (SELECT count(*) FROM broken_seats) AS seats_broken,
        (SELECT coalesce(json_agg(line), '[]') FROM (SELECT line FROM broken_seats LIMIT $2) shown) AS seat_lines,
        (SELECT count(*) FROM per_user) AS users_checked,
        (SELECT count(*) FROM broken_users) AS users_broken,
        (SELECT coalesce(json_agg(line), '[]') FROM (SELECT line FROM broken_users LIMIT $2) shown) AS user_lines`,
    values: [limits.seatsPerUserMax, limits.shownMax],
    // The pool's own limit on the wait for an answer would be too short.
    query_timeout: STATEMENT_TIMEOUT_MS + 1_000,
  }
  const { rows } = await tx.query<FindingsRow>(query)
  const row = rows[0]
  if (row === undefined) throw new Error('the audit statement answered nothing')
  return {
    seats: { checked: row.seats_checked, violationCount: row.seats_broken, violations: row.seat_lines },
    users: { checked: row.users_checked, violationCount: row.users_broken, violations: row.user_lines },
  }
}
