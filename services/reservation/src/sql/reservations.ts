import type { Queryable, Tx } from '@frontrow/postgres/pool'
import type { CancelReason, EndedReservation, Reservation, ReservationStatus } from '../reservation.ts'

const COLUMNS = `r.reservation_id AS "reservationId", r.reservation_number AS "reservationNumber",
  r.user_id AS "userId", r.schedule_id AS "scheduleId",
  CASE WHEN r.status = 'HOLD' AND r.expires_at <= clock_timestamp() THEN 'EXPIRED' ELSE r.status END AS status,
  r.total_amount AS "totalAmount", r.seats, r.payment_id AS "paymentId", r.refreshes,
  r.reserved_at AS "reservedAt", r.expires_at AS "expiresAt", r.confirmed_at AS "confirmedAt",
  r.cancelled_at AS "cancelledAt", r.refund_status AS "refundStatus", r.queue_sequence AS "queueSequence",
  CASE WHEN r.status = 'HOLD'
    THEN greatest(0, ceil(extract(epoch FROM r.expires_at - clock_timestamp())))::int ELSE 0 END AS "holdSecondsLeft"`

const FACTS = `r.reservation_id AS "reservationId", r.user_id AS "userId", r.schedule_id AS "scheduleId",
  (SELECT json_agg(s) FROM unnest(r.seat_ids) s) AS "seatIds"`

/**
 * SQL that makes a QueuePlaceWithHolds of each row that a statement changes. `ended` is an SQL array with the ids of all live holds
 * that the statement ends. Two holds that are cancelled or expire at the same time may each count the other one.
 */
function queuePlaceWithHolds(ended: string): string {
  return `CASE WHEN r.queue_sequence IS NOT NULL THEN json_build_object(
      'sequence', r.queue_sequence,
      'liveHoldsLeft', (SELECT count(*) FROM reservations o
        WHERE o.user_id = r.user_id AND o.schedule_id = r.schedule_id AND o.queue_sequence = r.queue_sequence
          AND o.status = 'HOLD' AND o.expires_at > clock_timestamp() AND o.reservation_id <> ALL (${ended}))
    ) END AS "queuePlace"`
}

/** One reservation; of this user only, unless `userId` is null. */
export async function findReservation(
  db: Queryable,
  reservationId: string,
  userId: string | null,
): Promise<Reservation | undefined> {
  const { rows } = await db.query<Reservation>({
    name: 'reservations-find',
    text: `SELECT ${COLUMNS} FROM reservations r
           WHERE r.reservation_id = $1 AND ($2::text IS NULL OR r.user_id = $2)`,
    values: [reservationId, userId],
  })
  return rows[0]
}

/** Those of these reservations that exist, whoever's they are. */
export async function findReservations(
  db: Queryable,
  reservationIds: readonly string[],
): Promise<Reservation[]> {
  const { rows } = await db.query<Reservation>({
    name: 'reservations-find-all',
    text: `SELECT ${COLUMNS} FROM reservations r WHERE r.reservation_id = ANY ($1::uuid[])`,
    values: [reservationIds],
  })
  return rows
}

/** A page of a user's reservations, newest first, with ids below `before`. */
export async function listReservations(
  db: Queryable,
  filter: { userId: string; status: ReservationStatus | null; before: string | null; limit: number },
): Promise<Reservation[]> {
  const { rows } = await db.query<Reservation>({
    name: 'reservations-list',
    text: `SELECT * FROM (
             SELECT ${COLUMNS} FROM reservations r
             WHERE r.user_id = $1 AND ($2::uuid IS NULL OR r.reservation_id < $2)
             ORDER BY r.reservation_id DESC
           ) mine
           WHERE $3::text IS NULL OR mine.status = $3 ORDER BY mine."reservationId" DESC LIMIT $4`,
    values: [filter.userId, filter.before, filter.status, filter.limit],
  })
  return rows
}

/** Locks one reservation and reads it; its seats must be locked before (seat-holds.ts says why). */
export async function lockReservation(tx: Tx, reservationId: string): Promise<Reservation | undefined> {
  const { rows } = await tx.query<Reservation>({
    name: 'reservations-lock',
    text: `SELECT ${COLUMNS} FROM reservations r WHERE r.reservation_id = $1 FOR UPDATE`,
    values: [reservationId],
  })
  return rows[0]
}

/** Reads a reservation by its number, and keeps others from changing it until the transaction ends; readers of the same kind do not wait. */
export async function shareReservationByNumber(
  tx: Tx,
  reservationNumber: string,
): Promise<Reservation | undefined> {
  const { rows } = await tx.query<Reservation>({
    name: 'reservations-share-by-number',
    text: `SELECT ${COLUMNS} FROM reservations r WHERE r.reservation_number = $1 FOR SHARE`,
    values: [reservationNumber],
  })
  return rows[0]
}

/** Moves the deadline of a locked HOLD by `holdMs`, and returns the new one. */
export async function extendHold(tx: Tx, reservationId: string, holdMs: number): Promise<Date> {
  const { rows } = await tx.query<{ expires_at: Date }>({
    name: 'reservations-extend',
    text: `UPDATE reservations SET refreshes = refreshes + 1,
             expires_at = expires_at + make_interval(secs => $2::float8 / 1000)
           WHERE reservation_id = $1 AND status = 'HOLD' RETURNING expires_at`,
    values: [reservationId, holdMs],
  })
  const row = rows[0]
  if (row === undefined) throw new Error('a locked hold was not there to extend')
  return row.expires_at
}

/**
 * Turns the live ones of these into CANCELLED, with a PENDING refund if they were paid. Returns those it changed. What an admin cancels
 * (`byAdmin`) is not counted against its buyer.
 */
export async function markCancelled(
  tx: Tx,
  reservationIds: readonly string[],
  reason: CancelReason,
  byAdmin: boolean,
): Promise<(EndedReservation & { paymentId: string | null })[]> {
  const { rows } = await tx.query<EndedReservation & { paymentId: string | null }>({
    name: 'reservations-cancel',
    text: `WITH live AS (
             SELECT reservation_id FROM reservations
             WHERE reservation_id = ANY ($1::uuid[])
               AND (status = 'CONFIRMED' OR (status = 'HOLD' AND expires_at > clock_timestamp()))
             ORDER BY reservation_id FOR UPDATE)
           UPDATE reservations r SET status = 'CANCELLED', cancelled_at = clock_timestamp(), cancel_reason = $2, cancelled_by_admin = $3,
             refund_status = CASE WHEN r.payment_id IS NULL THEN NULL ELSE 'PENDING' END
           FROM live WHERE r.reservation_id = live.reservation_id
           RETURNING ${FACTS}, r.payment_id AS "paymentId", ${queuePlaceWithHolds('$1::uuid[]')}`,
    values: [reservationIds, reason, byAdmin],
  })
  return rows
}

/** Turns the longest lapsed holds, at most `limit`, into EXPIRED, and skips those that others are changing. */
export async function expireLapsed(tx: Tx, limit: number): Promise<EndedReservation[]> {
  const { rows } = await tx.query<EndedReservation>({
    name: 'reservations-expire-lapsed',
    text: `WITH lapsed AS (
             SELECT reservation_id FROM reservations
             WHERE status = 'HOLD' AND expires_at <= clock_timestamp()
             ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)
           UPDATE reservations r SET status = 'EXPIRED' FROM lapsed
           WHERE r.reservation_id = lapsed.reservation_id AND r.status = 'HOLD'
           RETURNING ${FACTS}, ${queuePlaceWithHolds("'{}'::uuid[]")}`,
    values: [limit],
  })
  return rows
}

/** Some live reservations of a schedule, for cancelling it in batches. */
export async function listLiveOf(db: Queryable, scheduleId: number, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ reservation_id: string }>({
    name: 'reservations-list-live',
    text: `SELECT reservation_id FROM reservations
           WHERE schedule_id = $1 AND (status = 'CONFIRMED' OR (status = 'HOLD' AND expires_at > clock_timestamp()))
             AND status IN ('HOLD', 'CONFIRMED')
           ORDER BY reservation_id LIMIT $2`,
    values: [scheduleId, limit],
  })
  return rows.map((row) => row.reservation_id)
}

/**
 * A page of the live reservations of a schedule, in the order of their ids, with their seats. A seat that the house keeps back is one of its own,
 * with the id of its block.
 */
export async function listLiveWithSeats(
  db: Queryable,
  scheduleId: number,
  page: { afterReservationId: string; limit: number },
): Promise<{ reservationId: string; seatIds: number[] }[]> {
  const { rows } = await db.query<{ reservationId: string; seatIds: number[] }>({
    name: 'reservations-list-live-with-seats',
    text: `SELECT reservation_id AS "reservationId", to_json(seat_ids) AS "seatIds" FROM (
             (SELECT reservation_id, seat_ids FROM reservations
              WHERE schedule_id = $1 AND reservation_id > $2 AND status IN ('HOLD', 'CONFIRMED')
                AND (status = 'CONFIRMED' OR expires_at > clock_timestamp())
              ORDER BY reservation_id LIMIT $3)
             UNION ALL
             (SELECT reservation_id, ARRAY[seat_id] FROM seat_holds
              WHERE schedule_id = $1 AND user_id = '' AND expires_at = 'infinity' AND reservation_id > $2 ORDER BY reservation_id LIMIT $3)) live
           ORDER BY reservation_id LIMIT $3`,
    values: [scheduleId, page.afterReservationId, page.limit],
  })
  return rows
}

/** Stores that refunds of cancelled reservations were made; returns the payments whose refund was pending. */
export async function markRefunded(tx: Tx, paymentIds: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await tx.query<{ payment_id: string }>({
    name: 'reservations-refunded',
    text: `WITH pending AS (
             SELECT reservation_id FROM reservations
             WHERE payment_id = ANY ($1::uuid[]) AND status = 'CANCELLED' AND refund_status = 'PENDING'
             ORDER BY reservation_id FOR UPDATE)
           UPDATE reservations r SET refund_status = 'REFUNDED' FROM pending
           WHERE r.reservation_id = pending.reservation_id
           RETURNING r.payment_id`,
    values: [paymentIds],
  })
  return new Set(rows.map((row) => row.payment_id))
}

/** What the audit across services is told of a reservation that a payment confirmed. */
export interface PaidReservationFact {
  paymentId: string
  reservationId: string
  status: string
  amount: number
  /** Empty and 0 unless it is cancelled. */
  cancelReason: string
  cancelledAtMs: number
}

/** Reservations that a payment confirmed, in the order of payment ids, for the audit across services. */
export async function listPaymentFacts(
  db: Queryable,
  afterPaymentId: string,
  limit: number,
): Promise<PaidReservationFact[]> {
  const { rows } = await db.query<PaidReservationFact>(
    `SELECT payment_id AS "paymentId", reservation_id AS "reservationId", status, total_amount AS amount,
       coalesce(cancel_reason, '') AS "cancelReason",
       coalesce(floor(extract(epoch FROM cancelled_at) * 1000), 0)::bigint AS "cancelledAtMs"
     FROM reservations WHERE payment_id > $1 ORDER BY payment_id LIMIT $2`,
    [afterPaymentId, limit],
  )
  return rows
}

/** Live holds, for the metrics. */
export async function countLiveHolds(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ holds: number }>(
    `SELECT count(*) AS holds FROM reservations WHERE status = 'HOLD' AND expires_at > now()`,
  )
  return rows[0]?.holds ?? 0
}
