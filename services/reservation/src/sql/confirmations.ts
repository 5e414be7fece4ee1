import type { Tx } from '@frontrow/postgres/pool'
import type { Reservation } from '../reservation.ts'
import { seatsOf } from './seat-holds.ts'

/** The reply to one payment's ConfirmReservation. A repeated command gets the same one. */
export interface ConfirmReply {
  messageId: string
  reservationId: string
  type: 'ReservationConfirmed' | 'ReservationConfirmRefused'
  payload: object
}

/** What a confirmation command meets. */
export interface Met {
  /** The reply that this payment got before. */
  reply: ConfirmReply | null
  /** As locked. A HOLD whose deadline had passed reads EXPIRED. */
  reservation: Pick<
    Reservation,
    'reservationId' | 'userId' | 'scheduleId' | 'status' | 'totalAmount' | 'seats' | 'queueSequence'
  > | null
  isScheduleCancelled: boolean
  /** Live holds of the place in the waiting room that made the reservation, without the reservation itself. */
  otherLiveHolds: string[]
}

/** Locks reservations by id; the seats of those that are to be sold must be locked before (seat-holds.ts says why). */
export async function lockReservations(tx: Tx, reservationIds: readonly string[]): Promise<void> {
  await tx.query({
    name: 'confirmations-lock-reservations',
    text: `SELECT FROM reservations WHERE reservation_id = ANY ($1::uuid[]) ORDER BY reservation_id FOR UPDATE`,
    values: [reservationIds],
  })
}

/**
 * Reads what each of these commands meets, in their order. It is a statement of its own after the locks, so that its snapshot has
 * all that others did before. One clock reading decides which holds are live.
 */
export async function readMet(
  tx: Tx,
  commands: readonly { paymentId: string; reservationId: string }[],
): Promise<Met[]> {
  const { rows } = await tx.query<Met>({
    name: 'confirmations-read-met',
    text: `
      WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS at)
      SELECT
        CASE WHEN p.payment_id IS NOT NULL THEN json_build_object('messageId', p.message_id,
          'reservationId', p.reservation_id, 'type', p.type, 'payload', p.payload) END AS reply,
        CASE WHEN r.reservation_id IS NOT NULL THEN json_build_object('reservationId', r.reservation_id,
          'userId', r.user_id, 'scheduleId', r.schedule_id,
          'status', CASE WHEN r.status = 'HOLD' AND r.expires_at <= clock.at THEN 'EXPIRED' ELSE r.status END,
          'totalAmount', r.total_amount, 'seats', r.seats, 'queueSequence', r.queue_sequence) END AS reservation,
        EXISTS (SELECT FROM cancelled_schedules s WHERE s.schedule_id = r.schedule_id) AS "isScheduleCancelled",
        ARRAY (SELECT o.reservation_id FROM reservations o
          WHERE o.user_id = r.user_id AND o.schedule_id = r.schedule_id AND o.queue_sequence = r.queue_sequence
            AND o.status = 'HOLD' AND o.expires_at > clock.at AND o.reservation_id <> r.reservation_id
        ) AS "otherLiveHolds"
      FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS c (payment_id, reservation_id, place)
      CROSS JOIN clock
      LEFT JOIN confirm_replies p ON p.payment_id = c.payment_id
      LEFT JOIN reservations r ON r.reservation_id = c.reservation_id
      ORDER BY c.place`,
    values: [commands.map(({ paymentId }) => paymentId), commands.map(({ reservationId }) => reservationId)],
  })
  return rows
}

/**
 * Turns locked HOLDs into CONFIRMED and their locked seats into sold ones, and stores the replies to payments. Fails on the
 * primary key of confirm_replies when another command of a payment was answered meanwhile.
 */
export async function saveConfirmations(
  tx: Tx,
  sold: readonly { reservationId: string; paymentId: string }[],
  replies: readonly (ConfirmReply & { paymentId: string })[],
): Promise<void> {
  if (replies.length === 0) return
  const { rows } = await tx.query<{ reservations: number }>({
    name: 'confirmations-save',
    text: `
      WITH confirmed AS (
        UPDATE reservations r SET status = 'CONFIRMED', payment_id = s.payment_id, confirmed_at = clock_timestamp()
        FROM unnest($1::uuid[], $2::uuid[]) AS s (reservation_id, payment_id)
        WHERE r.reservation_id = s.reservation_id AND r.status = 'HOLD'
        RETURNING r.reservation_id
      ), kept AS (
        UPDATE seat_holds SET expires_at = 'infinity'
        WHERE ctid = ANY (ARRAY (SELECT held.address ${seatsOf('$1::uuid[]', 'OFFSET 0')}))
      ), answered AS (
        INSERT INTO confirm_replies (payment_id, reservation_id, message_id, type, payload)
        SELECT * FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::json[]) AS a (payment_id)
        ORDER BY payment_id
      )
      SELECT count(*) AS reservations FROM confirmed`,
    values: [
      sold.map(({ reservationId }) => reservationId),
      sold.map(({ paymentId }) => paymentId),
      replies.map(({ paymentId }) => paymentId),
      replies.map(({ reservationId }) => reservationId),
      replies.map(({ messageId }) => messageId),
      replies.map(({ type }) => type),
      replies.map(({ payload }) => JSON.stringify(payload)),
    ],
  })
  if (rows[0]?.reservations !== sold.length) throw new Error('a locked hold was not there to confirm')
}
