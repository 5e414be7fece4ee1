import type { Queryable } from '@frontrow/postgres/pool'

/** A reservation and how many seats it is of. */
interface ReservedSeats {
  scheduleId: number
  reservationId: string
  seatCount: number
}

/** What became of a reservation's seats. */
export interface ReservationNews extends ReservedSeats {
  became: 'RESERVED' | 'RELEASED'
}

/**
 * Counts the seats of reservations as taken, or as free for good: a reservation that has ended takes no seats again, so the news may
 * come in any order and again. Rows are written in one order by everybody, so that two instances can't deadlock.
 */
export async function noteReservations(db: Queryable, news: readonly ReservationNews[]): Promise<void> {
  await db.query({
    name: 'reserved-seats-note',
    text: `INSERT INTO reserved_seats (schedule_id, reservation_id, seat_count, released_at)
           SELECT schedule_id, reservation_id, max(seat_count), CASE WHEN bool_or(is_released) THEN now() END
           FROM unnest($1::bigint[], $2::uuid[], $3::int[], $4::bool[]) AS news (schedule_id, reservation_id, seat_count, is_released)
           GROUP BY schedule_id, reservation_id ORDER BY schedule_id, reservation_id
           ON CONFLICT (schedule_id, reservation_id) DO UPDATE SET released_at = excluded.released_at
           WHERE reserved_seats.released_at IS NULL AND excluded.released_at IS NOT NULL`,
    values: [
      news.map(({ scheduleId }) => scheduleId),
      news.map(({ reservationId }) => reservationId),
      news.map(({ seatCount }) => seatCount),
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
