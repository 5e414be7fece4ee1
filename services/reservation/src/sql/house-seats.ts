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
             -- One that is coming back may be blocked again.
             WHERE h.expires_at <= excluded.held_at OR (h.user_id = '' AND h.expires_at < 'infinity')
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

/** Locks those of the seats that are blocked, in the order in which all lock seats, and returns what they are blocked by. */
export async function lockBlocks(
  tx: Tx,
  scheduleId: number,
  seatIds: readonly number[],
): Promise<SeatBlock[]> {
  const { rows } = await tx.query<SeatBlock>({
    name: 'house-seats-lock',
    text: `SELECT held."blockId", held."seatId" FROM (SELECT DISTINCT unnest($2::bigint[]) AS seat_id ORDER BY seat_id OFFSET 0) wanted
           CROSS JOIN LATERAL (SELECT h.reservation_id AS "blockId", h.seat_id AS "seatId" FROM seat_holds h
             WHERE h.schedule_id = $1 AND h.seat_id = wanted.seat_id AND h.user_id = '' AND h.expires_at = 'infinity' FOR UPDATE) held`,
    values: [scheduleId, seatIds],
  })
  return rows
}

/** Frees seats with locked blocks at once. */
export async function deleteBlocks(tx: Tx, scheduleId: number, seatIds: readonly number[]): Promise<void> {
  await tx.query({
    name: 'house-seats-unblock',
    text: `DELETE FROM seat_holds WHERE ctid = ANY (ARRAY (${LOCKED}))`,
    values: [scheduleId, seatIds],
  })
}

/**
 * Lets locked blocks lapse together on a whole second, the `inSeconds`th from the one in which it is now: then every map and stream is about to
 * be read anew, and until then nobody can have the seats.
 */
export async function endBlocksTogether(
  tx: Tx,
  scheduleId: number,
  seatIds: readonly number[],
  inSeconds: number,
): Promise<void> {
  await tx.query({
    name: 'house-seats-end-together',
    text: `UPDATE seat_holds SET expires_at = date_trunc('second', clock_timestamp()) + make_interval(secs => $3)
           WHERE ctid = ANY (ARRAY (${LOCKED}))`,
    values: [scheduleId, seatIds, inSeconds],
  })
}

// One look by the primary key a seat, whatever the table was like when the plan was made.
const LOCKED = `SELECT held.address FROM unnest($2::bigint[]) AS wanted (seat_id)
  CROSS JOIN LATERAL (SELECT h.ctid AS address FROM seat_holds h WHERE h.schedule_id = $1 AND h.seat_id = wanted.seat_id OFFSET 0) held`
