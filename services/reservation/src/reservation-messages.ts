import type { OutgoingMessage } from '@frontrow/messaging/outbox'
import type { ReservationCancelled, ReservationExpired, ReservationHeld } from '@frontrow/proto/events'
import { topics } from '@frontrow/proto/topics'
import type { z } from 'zod'
import { factsOf } from './reservation.ts'
import type { CancelReason, Reservation, ReservationFacts } from './reservation.ts'
import type { ConfirmReply } from './sql/confirm-replies.ts'

/** Somebody holds seats until `expiresAt`. */
export function heldMessage(
  hold: Pick<Reservation, 'reservationId' | 'userId' | 'scheduleId' | 'seats' | 'totalAmount' | 'expiresAt'>,
): OutgoingMessage {
  const payload: z.input<typeof ReservationHeld> = {
    ...factsOf(hold),
    totalAmount: hold.totalAmount,
    expiresAt: hold.expiresAt.toISOString(),
  }
  return event('ReservationHeld', hold.reservationId, payload)
}

/** A hold ran out; its seats are free. */
export function expiredMessage(facts: ReservationFacts): OutgoingMessage {
  const { reservationId, userId, scheduleId, seatIds } = facts
  const payload: z.input<typeof ReservationExpired> = { reservationId, userId, scheduleId, seatIds }
  return event('ReservationExpired', reservationId, payload)
}

/** A live reservation was cancelled. When it has a payment, that payment must be refunded. */
export function cancelledMessage(
  cancelled: ReservationFacts & { paymentId: string | null },
  reason: CancelReason,
): OutgoingMessage {
  const { reservationId, userId, scheduleId, seatIds, paymentId } = cancelled
  const payload: z.input<typeof ReservationCancelled> = {
    reservationId,
    userId,
    scheduleId,
    seatIds,
    paymentId,
    reason,
  }
  return event('ReservationCancelled', reservationId, payload)
}

/** The reply to a ConfirmReservation. It has the same message id each time it is sent. */
export function replyMessage(reply: ConfirmReply): OutgoingMessage {
  return { ...event(reply.type, reply.reservationId, reply.payload), id: reply.messageId }
}

function event(type: string, reservationId: string, payload: object): OutgoingMessage {
  return { topic: topics.reservationEvents, key: reservationId, type, payload }
}
