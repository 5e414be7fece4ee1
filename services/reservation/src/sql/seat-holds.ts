/**
 * Who has a seat. One statement decides it, with one clock reading and under the primary key (schedule_id, seat_id): it
 * takes all seats or none, takes lapsed holds over in place, and counts the user's seats from the rows themselves.
 *
 * All transactions lock in the same order, so that they can't deadlock: messages by id (inbox), cancelled schedules by id, users (advisory
 * locks, by their keys), seats by schedule and id, reservations by id, replies by payment. One that works for many users takes all locks of one kind before
 * the first of the next kind, each kind with one statement. Those that only tidy up skip locked rows instead of waiting.
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

/** The result of a wish. When `heldSeatIds` lacks any of its seats, the caller must roll the transaction back. */
export interface HoldOutcome {
  heldAt: Date
  expiresAt: Date
  /** Live seats that the user had before. */
  userSeats: number
  isScheduleCancelled: boolean
  heldSeatIds: number[]
  /** Wanted seats that were taken before the statement began; when there are any, it wrote nothing. */
  takenSeatIds: number[]
  /** Lapsed reservations that lost a seat to this hold. */
  takenOverFrom: string[]
}

/**
 * Makes transactions that change a user's live seats of a schedule take turns. Otherwise two holds at once could each
 * count the seats without the other's and pass the limit together. It is a statement of its own, because the snapshot of
 * the next statement must be taken after the wait.
 */
export async function lockUserSeats(tx: Tx, scheduleId: number, userId: string): Promise<void> {
  await tx.query({
    name: 'seat-holds-lock-user',
    text: `SELECT pg_advisory_xact_lock(hashtextextended($1::text || ' ' || $2, 0))`,
    values: [scheduleId, userId],
  })
}

/** As `lockUserSeats`, for the users and schedules of reservations. */
export async function lockUserSeatsOf(tx: Tx, reservationIds: readonly string[]): Promise<void> {
  await tx.query({
    name: 'seat-holds-lock-users-of',
    text: `SELECT pg_advisory_xact_lock(users.key) FROM (
             SELECT DISTINCT hashtextextended(schedule_id::text || ' ' || user_id, 0) AS key
             FROM reservations WHERE reservation_id = ANY ($1::uuid[]) ORDER BY key) users`,
    values: [reservationIds],
  })
}

/** Takes the seats; call `lockUserSeats` before. A second buyer waits for the first one's commit and then gets nothing. */
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
          -- Spares the loser its writes. Seats that others take meanwhile are found by the conflict below.
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

/** Sets the deadline of a reservation's seats. Call `lockSeatsOf` before. */
export async function moveDeadline(tx: Tx, reservationId: string, expiresAt: Date): Promise<void> {
  await tx.query({
    name: 'seat-holds-move-deadline',
    text: `UPDATE seat_holds h SET expires_at = $2 FROM reservations r
           WHERE r.reservation_id = $1 AND h.schedule_id = r.schedule_id AND h.seat_id = ANY (r.seat_ids)
             AND h.reservation_id = r.reservation_id`,
    values: [reservationId, expiresAt],
  })
}

/**
 * Frees the seats that ended reservations still have. It skips seats that others have locked: those of a lapsed hold are
 * being taken over by a buyer. Those of a cancelled reservation the caller has locked itself.
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

/** Seats of a schedule that are held or sold now, and which of the two. */
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
