import type { Queryable, Tx } from '@frontrow/postgres/pool'

/** A ticket that was used: one seat of a reservation. */
export interface CheckIn {
  seatId: number
  checkedInAt: Date
  /** The subject of the token that asked. */
  checkedInBy: string
}

const COLUMNS = `seat_id AS "seatId", checked_in_at AS "checkedInAt", checked_in_by AS "checkedInBy"`

/** Uses a ticket; undefined where it was used before. Of two at the same moment the second one waits for the first one's commit. */
export async function insertCheckIn(
  tx: Tx,
  ticket: { reservationId: string; seatId: number; scheduleId: number; checkedInBy: string },
): Promise<CheckIn | undefined> {
  const { rows } = await tx.query<CheckIn>({
    name: 'check-ins-insert',
    text: `INSERT INTO check_ins (reservation_id, seat_id, schedule_id, checked_in_by) VALUES ($1, $2, $3, $4)
           ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
    values: [ticket.reservationId, ticket.seatId, ticket.scheduleId, ticket.checkedInBy],
  })
  return rows[0]
}

/** The used tickets of a reservation, the first one first. */
export async function listCheckIns(db: Queryable, reservationId: string): Promise<CheckIn[]> {
  const { rows } = await db.query<CheckIn>({
    name: 'check-ins-list',
    text: `SELECT ${COLUMNS} FROM check_ins WHERE reservation_id = $1 ORDER BY checked_in_at`,
    values: [reservationId],
  })
  return rows
}

/** How many of the tickets of a schedule were used. */
export interface CheckInCounts {
  /** Seats of CONFIRMED reservations. */
  tickets: number
  /** Those of them that were used. */
  admitted: number
  /** Tickets that were used and whose reservation was cancelled afterwards. */
  cancelledAfterAdmission: number
}

/** Counts the tickets of a schedule. */
export async function countCheckIns(db: Queryable, scheduleId: number): Promise<CheckInCounts> {
  const { rows } = await db.query<CheckInCounts>({
    name: 'check-ins-count',
    // `status IN (…)` repeats what is beside it, so that the planner uses the index reservations_live.
    text: `SELECT tickets, admitted, "cancelledAfterAdmission"
           FROM (SELECT coalesce(sum(cardinality(seat_ids)), 0) AS tickets FROM reservations
                 WHERE schedule_id = $1 AND status = 'CONFIRMED' AND status IN ('HOLD', 'CONFIRMED')) sold,
                (SELECT count(*) FILTER (WHERE r.status = 'CONFIRMED') AS admitted,
                   count(*) FILTER (WHERE r.status <> 'CONFIRMED') AS "cancelledAfterAdmission"
                 FROM check_ins c CROSS JOIN LATERAL (
                   SELECT status FROM reservations WHERE reservation_id = c.reservation_id OFFSET 0) AS r
                 WHERE c.schedule_id = $1) used`,
    values: [scheduleId],
  })
  const row = rows[0]
  if (row === undefined) throw new Error('a count returned no row')
  return row
}
