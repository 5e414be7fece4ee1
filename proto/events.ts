import { z } from 'zod'

/**
 * The JSON value of every message on Kafka, by its `ce_type`. Consumers check values with these schemas and ignore fields
 * that they don't know, so that a newer producer can add some.
 */

const uuid = z.uuid()
const id = z.int().positive()
const userId = z.string().min(1).max(64)
const amount = z.int().nonnegative()
const time = z.iso.datetime()
const seatIds = z.array(id)

// ---- commands and replies of the purchase saga ----

export const DebitWallet = z.object({ paymentId: uuid, userId, amount })
export const RefundWallet = z.object({ paymentId: uuid, userId, amount })
export const WalletDebited = z.object({ paymentId: uuid, userId, amount, balance: amount })
export const WalletDebitRefused = z.object({
  paymentId: uuid,
  userId,
  /** REFUND_CAME_FIRST: the saga gave up on this debit before it arrived. */
  reason: z.enum(['INSUFFICIENT_BALANCE', 'REFUND_CAME_FIRST']),
})
/** `refundedAmount` is 0 when there was nothing to give back. */
export const WalletRefunded = z.object({ paymentId: uuid, userId, refundedAmount: amount })

export const ConfirmReservation = z.object({ paymentId: uuid, reservationId: uuid, userId, amount })
export const ReservationConfirmed = z.object({
  paymentId: uuid,
  reservationId: uuid,
  userId,
  scheduleId: id,
  seatIds,
  totalAmount: amount,
})
export const ReservationConfirmRefused = z.object({
  paymentId: uuid,
  reservationId: uuid,
  reason: z.enum(['RESERVATION_EXPIRED', 'RESERVATION_CANCELLED', 'ALREADY_PAID', 'RESERVATION_NOT_FOUND']),
})

// ---- events ----

const reservation = z.object({ reservationId: uuid, userId, scheduleId: id, seatIds })

export const ReservationHeld = reservation.extend({ totalAmount: amount, expiresAt: time })
/** `paymentId` is set when the reservation was CONFIRMED; that payment must then be refunded. */
export const ReservationCancelled = reservation.extend({
  paymentId: uuid.nullable(),
  reason: z.enum(['USER_CANCELLED', 'SCHEDULE_CANCELLED']),
})
export const ReservationExpired = reservation

const payment = z.object({ paymentId: uuid, reservationId: uuid, userId, scheduleId: id, amount })

export const PaymentApproved = payment.extend({ paymentMethod: z.enum(['BALANCE', 'CARD']) })
export const PaymentFailed = payment.extend({ reason: z.string() })
export const PaymentRefunded = payment.extend({ reason: z.string(), refundedAmount: amount })

export const ScheduleStatus = z.enum(['ON_SALE', 'CLOSED', 'CANCELLED'])
export const ScheduleCreated = z.object({ scheduleId: id, concertId: id, seatCount: z.int().positive() })
export const ScheduleStatusChanged = z.object({ scheduleId: id, status: ScheduleStatus })
