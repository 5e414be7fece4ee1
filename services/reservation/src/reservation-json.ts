import type { ReleaseAllowance } from './releases.ts'
import type { Reservation, Seat } from './reservation.ts'
import type { ShowJson } from './show.ts'

/** The answer of POST /reservations to a new hold, and to a repeated Idempotency-Key. */
export interface NewHoldJson extends HoldJson {
  /** As of the moment of the hold, also in the answer to a repeated key. */
  holdSecondsLeft: number
  /** Seats of the schedule that the user could still take then. */
  remainingAllowance: number
  /** Seats that the user could still give back then. */
  releasesLeft: number
}

/** What the answers of all routes have in common. */
interface HoldJson {
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
  schedule: ShowJson | null
}

/** How much a user may still give back of a schedule. */
export interface ReleaseAllowanceJson {
  releasesLeft: number
  holdAgainAt: string | null
}

/** The refund of a cancelled reservation. */
export interface RefundJson {
  paymentId: string
  status: 'PENDING' | 'REFUNDED'
}

type Held = Pick<
  Reservation,
  'reservationId' | 'reservationNumber' | 'userId' | 'scheduleId' | 'seats' | 'totalAmount' | 'status'
>

/** The answer to a new hold, but for its last fields, which the statement of the database adds: only it knows them. */
export function toUntimedHoldJson(
  hold: Held,
): Omit<NewHoldJson, 'reservedAt' | 'expiresAt' | 'holdSecondsLeft' | 'remainingAllowance' | 'releasesLeft'> {
  return {
    reservationId: hold.reservationId,
    reservationNumber: hold.reservationNumber,
    userId: hold.userId,
    scheduleId: hold.scheduleId,
    seats: hold.seats,
    totalAmount: hold.totalAmount,
    status: hold.status,
  }
}

export function toReservationJson(
  reservation: Reservation,
  refreshesMax: number,
  schedule: ShowJson | null,
): ReservationJson {
  return {
    ...toUntimedHoldJson(reservation),
    reservedAt: reservation.reservedAt.toISOString(),
    expiresAt: reservation.expiresAt.toISOString(),
    holdSecondsLeft: reservation.holdSecondsLeft,
    refreshesLeft: reservation.status === 'HOLD' ? Math.max(0, refreshesMax - reservation.refreshes) : 0,
    confirmedAt: reservation.confirmedAt?.toISOString() ?? null,
    cancelledAt: reservation.cancelledAt?.toISOString() ?? null,
    refund: toRefundJson(reservation),
    schedule,
  }
}

export function toAllowanceJson({ releasesLeft, holdAgainAt }: ReleaseAllowance): ReleaseAllowanceJson {
  return { releasesLeft, holdAgainAt: holdAgainAt?.toISOString() ?? null }
}

export function toRefundJson(
  reservation: Pick<Reservation, 'paymentId' | 'refundStatus'>,
): RefundJson | null {
  const { paymentId, refundStatus } = reservation
  return paymentId === null || refundStatus === null ? null : { paymentId, status: refundStatus }
}
