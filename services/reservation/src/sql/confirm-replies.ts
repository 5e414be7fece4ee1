import type { Tx } from '@frontrow/postgres/pool'

/** The reply to one payment's ConfirmReservation. A repeated command gets the same one. */
export interface ConfirmReply {
  messageId: string
  reservationId: string
  type: 'ReservationConfirmed' | 'ReservationConfirmRefused'
  payload: object
}

/** The reply that this payment got before, if there is one. */
export async function findReply(tx: Tx, paymentId: string): Promise<ConfirmReply | undefined> {
  const { rows } = await tx.query<ConfirmReply>({
    name: 'confirm-replies-find',
    text: `SELECT message_id AS "messageId", reservation_id AS "reservationId", type, payload
           FROM confirm_replies WHERE payment_id = $1`,
    values: [paymentId],
  })
  return rows[0]
}

/** Fails on the primary key when another command of the payment was answered meanwhile. */
export async function insertReply(tx: Tx, paymentId: string, reply: ConfirmReply): Promise<void> {
  await tx.query({
    name: 'confirm-replies-insert',
    text: `INSERT INTO confirm_replies (payment_id, reservation_id, message_id, type, payload)
           VALUES ($1, $2, $3, $4, $5)`,
    values: [paymentId, reply.reservationId, reply.messageId, reply.type, JSON.stringify(reply.payload)],
  })
}
