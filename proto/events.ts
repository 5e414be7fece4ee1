import { id, userId, uuid } from '@frontrow/values/ids'
import { money } from '@frontrow/values/money'
import { time } from '@frontrow/values/time'
import { z } from 'zod'
import { scheduleStatus } from './values.ts'

/**
 * The JSON value of every message on Kafka, by its `ce_type`. Consumers check values with these schemas and ignore fields
 * that they don't know, so that a newer producer can add some.
 */

const amount = money
const seatIds = z.array(id)
/**
 * The place in the waiting room that made a hold. Its schedule and its sequence are its identity. The field is missing in older
 * messages, and null for holds that were made before their place was stored.
 */
const queuePlace = z.object({ sequence: id })
/** `liveHoldsLeft` counts the holds of that place that are still live after the change that the message is about. */
const queuePlaceWithHolds = queuePlace.extend({ liveHoldsLeft: z.int().nonnegative() })

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
  queuePlace: queuePlaceWithHolds.nullish(),
})
export const ReservationConfirmRefused = z.object({
  paymentId: uuid,
  reservationId: uuid,
  reason: z.enum(['RESERVATION_EXPIRED', 'RESERVATION_CANCELLED', 'ALREADY_PAID', 'RESERVATION_NOT_FOUND']),
})

// ---- events ----

const reservation = z.object({ reservationId: uuid, userId, scheduleId: id, seatIds })

export const ReservationHeld = reservation.extend({
  totalAmount: amount,
  expiresAt: time,
  queuePlace: queuePlace.nullish(),
})
/** A live hold was extended to a later deadline. */
export const ReservationRefreshed = reservation.extend({ expiresAt: time, queuePlace: queuePlace.nullish() })
/** `paymentId` is set when the reservation was CONFIRMED; that payment must then be refunded. */
export const ReservationCancelled = reservation.extend({
  paymentId: uuid.nullable(),
  reason: z.enum(['USER_CANCELLED', 'SCHEDULE_CANCELLED']),
  queuePlace: queuePlaceWithHolds.nullish(),
})
export const ReservationExpired = reservation.extend({ queuePlace: queuePlaceWithHolds.nullish() })

const seatBlocks = z.object({
  scheduleId: id,
  /** A seat that is blocked again has another block. */
  blocks: z.array(z.object({ blockId: uuid, seatId: id })).min(1),
})
/** Seats were taken off sale for the house. */
export const SeatsBlocked = seatBlocks
/** They were put on sale again. */
export const SeatsUnblocked = seatBlocks

const payment = z.object({ paymentId: uuid, reservationId: uuid, userId, scheduleId: id, amount })

export const PaymentApproved = payment.extend({ paymentMethod: z.enum(['BALANCE', 'CARD']) })
export const PaymentFailed = payment.extend({ reason: z.string() })
export const PaymentRefunded = payment.extend({ reason: z.string(), refundedAmount: amount })

export const ScheduleCreated = z.object({ scheduleId: id, concertId: id, seatCount: z.int().positive() })
/** Its times are these now. */
export const ScheduleMoved = z.object({
  scheduleId: id,
  performanceAt: time,
  waitingRoomOpenAt: time,
  bookingOpenAt: time,
  bookingCloseAt: time,
  /** Null: buyers can give back what is paid until the performance begins. Missing in older messages. */
  refundableUntil: time.nullish(),
})
/** It has more seats than before, this many now. */
export const ScheduleSeatsAdded = z.object({ scheduleId: id, seatCount: z.int().positive() })
export const ScheduleStatusChanged = z.object({ scheduleId: id, status: scheduleStatus })

/** A schedule has one more job. Its row says what is to be done, and in which order. */
export const JobAccepted = z.object({ jobId: uuid, scheduleId: id })
