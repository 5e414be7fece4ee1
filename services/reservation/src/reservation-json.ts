import type { Reservation, Seat } from './reservation.ts'

/** The answer of POST /reservations to a new hold, and to a repeated Idempotency-Key. */
export interface HoldJson {
  reservationId: string
  reservationNumber: string
  userId: string
  scheduleId: number
  seats: Seat[]
  totalAmount: number
  status: string
  reservedAt: string
  expiresAt: string
}

/** The answer of the routes that read a reservation. */
export interface ReservationJson extends HoldJson {
  holdSecondsLeft: number
  refreshesLeft: number
  confirmedAt: string | null
  cancelledAt: string | null
  refund: RefundJson | null
}

/** The refund of a cancelled reservation. */
export interface RefundJson {
  paymentId: string
  status: 'PENDING' | 'REFUNDED'
}

export function toHoldJson(
  reservation: Pick<
    Reservation,
    | 'reservationId'
    | 'reservationNumber'
    | 'userId'
    | 'scheduleId'
    | 'seats'
    | 'totalAmount'
    | 'status'
    | 'reservedAt'
    | 'expiresAt'
  >,
): HoldJson {
  return {
    reservationId: reservation.reservationId,
    reservationNumber: reservation.reservationNumber,
    userId: reservation.userId,
    scheduleId: reservation.scheduleId,
    seats: reservation.seats,
    totalAmount: reservation.totalAmount,
    status: reservation.status,
    reservedAt: reservation.reservedAt.toISOString(),
    expiresAt: reservation.expiresAt.toISOString(),
  }
}

export function toReservationJson(reservation: Reservation, refreshesMax: number): ReservationJson {
  return {
    ...toHoldJson(reservation),
    holdSecondsLeft: reservation.holdSecondsLeft,
    refreshesLeft: reservation.status === 'HOLD' ? Math.max(0, refreshesMax - reservation.refreshes) : 0,
    confirmedAt: reservation.confirmedAt?.toISOString() ?? null,
    cancelledAt: reservation.cancelledAt?.toISOString() ?? null,
    refund: toRefundJson(reservation),
  }
}

export function toRefundJson(
  reservation: Pick<Reservation, 'paymentId' | 'refundStatus'>,
): RefundJson | null {
  const { paymentId, refundStatus } = reservation
  return paymentId === null || refundStatus === null ? null : { paymentId, status: refundStatus }
}
