/**
 * Who has a seat. One statement decides it, by one clock reading and under the primary key (schedule_id, seat_id): all
 * seats or none, lapsed holds taken over in place, the user's limit counted from the rows themselves.
 *
 * Everybody locks in the same order, so that nobody waits in a circle: the user (advisory), seats by id, reservations by
 * id. Those who only tidy up skip what is locked instead of waiting.
 */
import type { Queryable, Tx } from '@frontrow/postgres/pool'

/** What to hold, and for how long. */
export interface SeatWish {
  scheduleId: number
  userId: string
  reservationId: string
  /** Without duplicates. */
  seatIds: readonly number[]
  holdMs: number
  seatsPerUserMax: number
}

/** What became of a wish. It was granted where `heldSeatIds` has all of it; anything less is to be rolled back. */
export interface HoldOutcome {
  heldAt: Date
  expiresAt: Date
  /** Live seats that the user had before. */
  userSeats: number
  isScheduleCancelled: boolean
  heldSeatIds: number[]
  /** Those that were others' before; where there is any, nothing was written. */
  takenSeatIds: number[]
  /** Lapsed reservations that lost a seat to this hold. */
  takenOverFrom: string[]
}

/**
 * Makes all that changes a user's live seats of a schedule take turns, or two holds at once could each count only the
 * seats from before. A statement of its own: the next one must see what the one before us committed.
 */
export async function lockUserSeats(tx: Tx, scheduleId: number, userId: string): Promise<void> {
  await tx.query({
    name: 'seat-holds-lock-user',
    text: `SELECT pg_advisory_xact_lock(hashtextextended($1::text || ' ' || $2, 0))`,
    values: [scheduleId, userId],
  })
}

/** As `lockUserSeats`, for the user and schedule of a reservation. */
export async function lockUserSeatsOf(tx: Tx, reservationId: string): Promise<void> {
  await tx.query({
    name: 'seat-holds-lock-user-of',
    text: `SELECT pg_advisory_xact_lock(hashtextextended(schedule_id::text || ' ' || user_id, 0))
           FROM reservations WHERE reservation_id = $1`,
    values: [reservationId],
  })
}

/** Takes the seats, after `lockUserSeats`. Who comes second waits for the first one's commit and then gets nothing. */
export async function takeSeats(tx: Tx, wish: SeatWish): Promise<HoldOutcome> {
  const { rows } = await tx.query<HoldOutcome>({
    name: 'seat-holds-take',
    text: `
      WITH clock AS MATERIALIZED (
        SELECT t.at, t.at + make_interval(secs => $5::float8 / 1000) AS until
        FROM (SELECT date_trunc('milliseconds', clock_timestamp()) AS at) t
      ), own AS MATERIALIZED (
        SELECT count(*) AS seats FROM seat_holds h, clock
        WHERE h.schedule_id = $1 AND h.user_id = $4 AND h.expires_at > clock.at
      ), cancelled AS MATERIALIZED (
        SELECT EXISTS (SELECT FROM cancelled_schedules WHERE schedule_id = $1) AS yes
      ), taken AS MATERIALIZED (
        SELECT h.seat_id FROM seat_holds h, clock
        WHERE h.schedule_id = $1 AND h.seat_id = ANY ($2::bigint[]) AND h.expires_at > clock.at
      ), made AS (
        INSERT INTO seat_holds (schedule_id, seat_id, reservation_id, user_id, held_at, expires_at)
        SELECT $1, wanted.seat_id, $3, $4, clock.at, clock.until
        FROM unnest($2::bigint[]) AS wanted (seat_id), clock, own, cancelled
        WHERE NOT cancelled.yes AND own.seats + cardinality($2::bigint[]) <= $6
          -- Spares the loser its writes. What is decided by others meanwhile, the conflict below finds.
          AND NOT EXISTS (SELECT FROM taken)
        ORDER BY wanted.seat_id
        ON CONFLICT (schedule_id, seat_id) DO UPDATE
          SET reservation_id = excluded.reservation_id, user_id = excluded.user_id, held_at = excluded.held_at,
              expires_at = excluded.expires_at, taken_over_from = seat_holds.reservation_id
          WHERE seat_holds.expires_at <= excluded.held_at
        RETURNING seat_id, taken_over_from
      )
      SELECT clock.at AS "heldAt", clock.until AS "expiresAt", own.seats AS "userSeats",
        cancelled.yes AS "isScheduleCancelled",
        (SELECT coalesce(json_agg(seat_id), '[]') FROM made) AS "heldSeatIds",
        (SELECT coalesce(json_agg(seat_id ORDER BY seat_id), '[]') FROM taken) AS "takenSeatIds",
        (SELECT coalesce(json_agg(DISTINCT taken_over_from) FILTER (WHERE taken_over_from IS NOT NULL), '[]')
         FROM made) AS "takenOverFrom"
      FROM clock, own, cancelled`,
    values: [
      wish.scheduleId,
      wish.seatIds,
      wish.reservationId,
      wish.userId,
      wish.holdMs,
      wish.seatsPerUserMax,
    ],
  })
  const outcome = rows[0]
  if (outcome === undefined) throw new Error('the hold statement answered nothing')
  return outcome
}

/** Locks the seats that reservations still have, and returns how many each has. */
export async function lockSeatsOf(
  tx: Tx,
  reservationIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await tx.query<{ reservation_id: string }>({
    name: 'seat-holds-lock-of',
    text: `SELECT h.reservation_id FROM reservations r
           JOIN seat_holds h ON h.schedule_id = r.schedule_id AND h.seat_id = ANY (r.seat_ids)
             AND h.reservation_id = r.reservation_id
           WHERE r.reservation_id = ANY ($1::uuid[])
           ORDER BY h.schedule_id, h.seat_id FOR UPDATE OF h`,
    values: [reservationIds],
  })
  const counts = new Map<string, number>()
  for (const { reservation_id: id } of rows) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}

/** New deadline of a reservation's seats; null when they are sold. After `lockSeatsOf`. */
export async function moveDeadline(tx: Tx, reservationId: string, expiresAt: Date | null): Promise<void> {
  await tx.query({
    name: 'seat-holds-move-deadline',
    text: `UPDATE seat_holds h SET expires_at = coalesce($2::timestamptz, 'infinity') FROM reservations r
           WHERE r.reservation_id = $1 AND h.schedule_id = r.schedule_id AND h.seat_id = ANY (r.seat_ids)
             AND h.reservation_id = r.reservation_id`,
    values: [reservationId, expiresAt],
  })
}

/**
 * Gives up what ended reservations still have. Seats locked by others are left: behind a lapsed hold that is a buyer
 * who is taking them over, and before a cancellation the caller has locked them itself.
 */
export async function freeSeatsOf(tx: Tx, reservationIds: readonly string[]): Promise<void> {
  await tx.query({
    name: 'seat-holds-free-of',
    text: `DELETE FROM seat_holds WHERE reservation_id = ANY ($1::uuid[]) AND (schedule_id, seat_id) IN (
             SELECT h.schedule_id, h.seat_id FROM reservations r
             JOIN seat_holds h ON h.schedule_id = r.schedule_id AND h.seat_id = ANY (r.seat_ids)
               AND h.reservation_id = r.reservation_id
             WHERE r.reservation_id = ANY ($1::uuid[]) FOR UPDATE OF h SKIP LOCKED)`,
    values: [reservationIds],
  })
}

/** Seats of a schedule that can't be had now, and whether each is sold. */
export async function listTakenSeats(
  db: Queryable,
  scheduleId: number,
): Promise<{ seatId: number; isSold: boolean }[]> {
  const { rows } = await db.query<{ seatId: number; isSold: boolean }>({
    name: 'seat-holds-list-taken',
    text: `SELECT seat_id AS "seatId", expires_at = 'infinity' AS "isSold" FROM seat_holds
           WHERE schedule_id = $1 AND expires_at > clock_timestamp()`,
    values: [scheduleId],
  })
  return rows
}
