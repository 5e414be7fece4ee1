import type { Queryable } from '@frontrow/postgres/pool'

/** A reservation and how many seats it is of. */
interface ReservedSeats {
  scheduleId: number
  reservationId: string
  seatIds: readonly number[]
}

/** What became of a reservation's seats. */
export interface ReservationNews extends ReservedSeats {
  became: 'RESERVED' | 'RELEASED'
}

/**
 * Counts the seats of reservations as taken, or as free for good: a reservation that has ended takes no seats again, so the news may
 * come in any order and again. Rows are written in one order by everybody, so that two instances can't deadlock. Seat ids travel as text,
 * because PostgreSQL's arrays can't have rows of different lengths.
 */
export async function noteReservations(db: Queryable, news: readonly ReservationNews[]): Promise<void> {
  await db.query({
    name: 'reserved-seats-note',
    text: `INSERT INTO reserved_seats (schedule_id, reservation_id, seat_ids, seat_count, released_at)
           SELECT schedule_id, reservation_id, max(seat_ids)::int[], greatest(1, cardinality(max(seat_ids)::int[])),
             CASE WHEN bool_or(is_released) THEN now() END
           FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::bool[]) AS news (schedule_id, reservation_id, seat_ids, is_released)
           GROUP BY schedule_id, reservation_id ORDER BY schedule_id, reservation_id
           ON CONFLICT (schedule_id, reservation_id) DO UPDATE
             SET released_at = excluded.released_at, seat_ids = coalesce(reserved_seats.seat_ids, excluded.seat_ids)
           WHERE reserved_seats.released_at IS NULL
             AND (excluded.released_at IS NOT NULL OR reserved_seats.seat_ids IS NULL)`,
    values: [
      news.map(({ scheduleId }) => scheduleId),
      news.map(({ reservationId }) => reservationId),
      news.map(({ seatIds }) => `{${seatIds.join()}}`),
      news.map(({ became }) => became === 'RELEASED'),
    ],
  })
}

/** Seats in live reservations, by schedule; schedules without any are left out. */
export async function countReserved(
  db: Queryable,
  scheduleIds: readonly number[],
): Promise<Map<number, number>> {
  const { rows } = await db.query<{ schedule_id: number; reserved: number }>({
    name: 'reserved-seats-count',
    text: `SELECT schedule_id, sum(seat_count) AS reserved FROM reserved_seats
           WHERE schedule_id = ANY($1::bigint[]) AND released_at IS NULL GROUP BY schedule_id`,
    values: [scheduleIds],
  })
  return new Map(rows.map((row) => [row.schedule_id, row.reserved]))
}

/** Seats of one grade and price in live reservations. */
export interface ReservedOfGrade {
  grade: string
  price: number
  reserved: number
}

/** Seats of a schedule in live reservations, by grade and price; those without any are left out. */
export async function countReservedByGrade(db: Queryable, scheduleId: number): Promise<ReservedOfGrade[]> {
  const { rows } = await db.query<ReservedOfGrade>({
    name: 'reserved-seats-count-by-grade',
    // OFFSET 0 keeps it one look by the primary key a seat, whatever the tables were like when the plan was made.
    text: `SELECT seat.grade, seat.price, count(*)::int AS reserved
           FROM (SELECT unnest(seat_ids) AS seat_id FROM reserved_seats WHERE schedule_id = $1 AND released_at IS NULL) taken
           CROSS JOIN LATERAL (SELECT grade, price FROM seats s
             WHERE s.schedule_id = $1 AND s.seat_id = taken.seat_id OFFSET 0) seat
           GROUP BY seat.grade, seat.price`,
    values: [scheduleId],
  })
  return rows
}

/** Reservations of a schedule that count as live, and whether their seats are known. */
export async function listReserved(
  db: Queryable,
  scheduleId: number,
): Promise<{ reservationId: string; hasSeats: boolean }[]> {
  const { rows } = await db.query<{ reservationId: string; hasSeats: boolean }>({
    name: 'reserved-seats-list',
    text: `SELECT reservation_id AS "reservationId", seat_ids IS NOT NULL AS "hasSeats" FROM reserved_seats
           WHERE schedule_id = $1 AND released_at IS NULL`,
    values: [scheduleId],
  })
  return rows
}

/** Deletes reservations that ended long ago, a bounded number a call; returns their number. */
export async function deleteReleased(db: Queryable, keepDays: number, limit: number): Promise<number> {
  const { rowCount } = await db.query({
    name: 'reserved-seats-delete-released',
    text: `DELETE FROM reserved_seats WHERE ctid = ANY (ARRAY(
             SELECT ctid FROM reserved_seats WHERE released_at < now() - make_interval(days => $1) LIMIT $2))`,
    values: [keepDays, limit],
  })
  return rowCount ?? 0
}
