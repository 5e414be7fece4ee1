import type { Tx } from '@frontrow/postgres/pool'

/** The answer to one payment's ConfirmReservation, as it is published each time it is asked for. */
export interface ConfirmReply {
  messageId: string
  reservationId: string
  type: 'ReservationConfirmed' | 'ReservationConfirmRefused'
  payload: object
}

/** What this payment was answered before. */
export async function findReply(tx: Tx, paymentId: string): Promise<ConfirmReply | undefined> {
  const { rows } = await tx.query<ConfirmReply>({
    name: 'confirm-replies-find',
    text: `SELECT message_id AS "messageId", reservation_id AS "reservationId", type, payload
           FROM confirm_replies WHERE payment_id = $1`,
    values: [paymentId],
  })
  return rows[0]
}

/** Fails on the primary key where another command of the payment was answered meanwhile. */
export async function insertReply(tx: Tx, paymentId: string, reply: ConfirmReply): Promise<void> {
  await tx.query({
    name: 'confirm-replies-insert',
    text: `INSERT INTO confirm_replies (payment_id, reservation_id, message_id, type, payload)
           VALUES ($1, $2, $3, $4, $5)`,
    values: [paymentId, reply.reservationId, reply.messageId, reply.type, JSON.stringify(reply.payload)],
  })
}
