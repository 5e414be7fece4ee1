import type { Queryable, Tx } from '@frontrow/postgres/pool'

/** A reservation and how many seats it is of. */
export interface ReservedSeats {
  scheduleId: number
  reservationId: string
  seatCount: number
}

/** Counts the seats of reservations as taken, unless they have ended. */
export async function markReserved(tx: Tx, reserved: readonly ReservedSeats[]): Promise<void> {
  if (reserved.length === 0) return
  await tx.query({
    name: 'reserved-seats-mark-reserved',
    text: `INSERT INTO reserved_seats (schedule_id, reservation_id, seat_count)
           SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::int[]) ORDER BY 1, 2
           ON CONFLICT (schedule_id, reservation_id) DO NOTHING`,
    values: columnsOf(reserved),
  })
}

/** Counts the seats of reservations as free, for good. */
export async function markReleased(tx: Tx, reserved: readonly ReservedSeats[]): Promise<void> {
  if (reserved.length === 0) return
  await tx.query({
    name: 'reserved-seats-mark-released',
    text: `INSERT INTO reserved_seats (schedule_id, reservation_id, seat_count, released_at)
           SELECT DISTINCT ON (1, 2) r.*, now() FROM unnest($1::bigint[], $2::uuid[], $3::int[]) AS r ORDER BY 1, 2
           ON CONFLICT (schedule_id, reservation_id) DO UPDATE SET released_at = excluded.released_at
           WHERE reserved_seats.released_at IS NULL`,
    values: columnsOf(reserved),
  })
}

// Rows are written in one order by everybody, so that two instances can't deadlock.
function columnsOf(reserved: readonly ReservedSeats[]): unknown[] {
  return [
    reserved.map(({ scheduleId }) => scheduleId),
    reserved.map(({ reservationId }) => reservationId),
    reserved.map(({ seatCount }) => seatCount),
  ]
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
