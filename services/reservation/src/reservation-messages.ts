import type { OutgoingMessage } from '@frontrow/messaging/outbox'
import type {
  ReservationCancelled,
  ReservationExpired,
  ReservationHeld,
  ReservationRefreshed,
} from '@frontrow/proto/events'
import { topics } from '@frontrow/proto/topics'
import type { z } from 'zod'
import { factsOf } from './reservation.ts'
import type { CancelReason, EndedReservation, Reservation } from './reservation.ts'
import type { ConfirmReply } from './sql/confirmations.ts'

type Hold = Pick<Reservation, 'reservationId' | 'userId' | 'scheduleId' | 'seats' | 'queueSequence'>

/** Somebody holds seats until `expiresAt`, the last field: a time of the database, whose statement adds it (seat-holds.ts). */
export function heldMessage(hold: Hold & Pick<Reservation, 'totalAmount'>): OutgoingMessage {
  const payload: Omit<z.input<typeof ReservationHeld>, 'expiresAt'> = {
    ...placedFactsOf(hold),
    totalAmount: hold.totalAmount,
  }
  return event('ReservationHeld', hold.reservationId, payload)
}

/** A hold is kept until `expiresAt` now. */
export function refreshedMessage(hold: Hold & Pick<Reservation, 'expiresAt'>): OutgoingMessage {
  const payload: z.input<typeof ReservationRefreshed> = {
    ...placedFactsOf(hold),
    expiresAt: hold.expiresAt.toISOString(),
  }
  return event('ReservationRefreshed', hold.reservationId, payload)
}

function placedFactsOf(hold: Hold) {
  const { queueSequence } = hold
  return { ...factsOf(hold), queuePlace: queueSequence === null ? null : { sequence: queueSequence } }
}

/** A hold ran out; its seats are free. */
export function expiredMessage(expired: EndedReservation): OutgoingMessage {
  const { reservationId, userId, scheduleId, seatIds, queuePlace } = expired
  const payload: z.input<typeof ReservationExpired> = {
    reservationId,
    userId,
    scheduleId,
    seatIds,
    queuePlace,
  }
  return event('ReservationExpired', reservationId, payload)
}

/** A live reservation was cancelled. When it has a payment, that payment must be refunded. */
export function cancelledMessage(
  cancelled: EndedReservation & { paymentId: string | null },
  reason: CancelReason,
): OutgoingMessage {
  const { reservationId, userId, scheduleId, seatIds, paymentId, queuePlace } = cancelled
  const payload: z.input<typeof ReservationCancelled> = {
    reservationId,
    userId,
    scheduleId,
    seatIds,
    paymentId,
    reason,
    queuePlace,
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
