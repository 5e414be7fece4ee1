/**
 * Seats that the house keeps back. Such a seat is a row of seat_holds like any other, so that its primary key decides between the house and a
 * buyer; the row never lapses, belongs to nobody (its user id is empty, which no user's is) and has an id of its own for a reservation's.
 */
import type { Tx } from '@frontrow/postgres/pool'

/** A seat that is blocked, or was; a seat that is blocked again has another block. */
export interface SeatBlock {
  blockId: string
  seatId: number
}

/**
 * Blocks those of the seats that nobody has, in the order in which all lock seats, and returns what it has blocked now. A second one waits
 * for the first one's commit, as buyers do.
 */
export async function insertBlocks(
  tx: Tx,
  scheduleId: number,
  seatIds: readonly number[],
): Promise<SeatBlock[]> {
  const { rows } = await tx.query<SeatBlock>({
    name: 'house-seats-block',
    text: `INSERT INTO seat_holds AS h (schedule_id, seat_id, reservation_id, user_id, held_at, expires_at)
           SELECT $1, seat_id, gen_random_uuid(), '', clock_timestamp(), 'infinity'
           FROM unnest($2::bigint[]) AS wanted (seat_id) ORDER BY seat_id
           ON CONFLICT (schedule_id, seat_id) DO UPDATE
             SET reservation_id = excluded.reservation_id, user_id = excluded.user_id, held_at = excluded.held_at,
                 expires_at = excluded.expires_at, taken_over_from = h.reservation_id
             WHERE h.expires_at <= excluded.held_at
           RETURNING reservation_id AS "blockId", seat_id AS "seatId"`,
    values: [scheduleId, seatIds],
  })
  return rows
}

/** Those of the seats that are not blocked; after `insertBlocks` these are the ones that somebody has. */
export async function listUnblocked(
  tx: Tx,
  scheduleId: number,
  seatIds: readonly number[],
): Promise<number[]> {
  const { rows } = await tx.query<{ seatId: number }>({
    name: 'house-seats-list-unblocked',
    text: `SELECT wanted.seat_id AS "seatId" FROM unnest($2::bigint[]) AS wanted (seat_id)
           WHERE NOT EXISTS (SELECT FROM seat_holds h
             WHERE h.schedule_id = $1 AND h.seat_id = wanted.seat_id AND h.user_id = '' OFFSET 0)
           ORDER BY wanted.seat_id`,
    values: [scheduleId, seatIds],
  })
  return rows.map(({ seatId }) => seatId)
}

/** Frees those of the seats that are blocked, and returns what they were blocked by. */
export async function deleteBlocks(
  tx: Tx,
  scheduleId: number,
  seatIds: readonly number[],
): Promise<SeatBlock[]> {
  const { rows } = await tx.query<SeatBlock>({
    name: 'house-seats-unblock',
    text: `DELETE FROM seat_holds WHERE ctid = ANY (ARRAY (
             SELECT held.address FROM (SELECT seat_id FROM unnest($2::bigint[]) AS w (seat_id) ORDER BY seat_id OFFSET 0) wanted
             CROSS JOIN LATERAL (SELECT h.ctid AS address FROM seat_holds h
               WHERE h.schedule_id = $1 AND h.seat_id = wanted.seat_id AND h.user_id = '' FOR UPDATE) held))
           RETURNING reservation_id AS "blockId", seat_id AS "seatId"`,
    values: [scheduleId, seatIds],
  })
  return rows
}
