/** The state of a reservation. HOLD and CONFIRMED are live: nobody else can have their seats. */
export type ReservationStatus = 'HOLD' | 'CONFIRMED' | 'CANCELLED' | 'EXPIRED'

/** Why a reservation was cancelled. */
export type CancelReason = 'USER_CANCELLED' | 'SCHEDULE_CANCELLED'

/** One seat as it was offered and sold. */
export interface Seat {
  seatId: number
  seatNumber: number
  section: string
  row: string
  grade: string
  price: number
}

/** A reservation as of the moment it was read. */
export interface Reservation {
  reservationId: string
  reservationNumber: string
  userId: string
  scheduleId: number
  /** A HOLD whose deadline had passed by the database's clock reads EXPIRED. */
  status: ReservationStatus
  totalAmount: number
  seats: Seat[]
  paymentId: string | null
  refreshes: number
  reservedAt: Date
  expiresAt: Date
  confirmedAt: Date | null
  cancelledAt: Date | null
  refundStatus: 'PENDING' | 'REFUNDED' | null
  /** The sequence of the place in the waiting room that made it. Null for reservations that were made before it was stored. */
  queueSequence: number | null
  /** Whole seconds to the deadline of a HOLD, rounded up; 0 otherwise. */
  holdSecondsLeft: number
}

/** The part of a reservation that events carry to other services. */
export interface ReservationFacts {
  reservationId: string
  userId: string
  scheduleId: number
  seatIds: number[]
}

/** The place in the waiting room that made a reservation. */
export interface QueuePlaceWithHolds {
  sequence: number
  /** Holds of the same place that are still live. */
  liveHoldsLeft: number
}

/** A reservation that was cancelled or has expired, for its events. */
export interface EndedReservation extends ReservationFacts {
  /** Null when the place was not stored with the hold. */
  queuePlace: QueuePlaceWithHolds | null
}

/** The facts of a reservation, for its events. */
export function factsOf(
  reservation: Pick<Reservation, 'reservationId' | 'userId' | 'scheduleId' | 'seats'>,
): ReservationFacts {
  const { reservationId, userId, scheduleId, seats } = reservation
  return { reservationId, userId, scheduleId, seatIds: seats.map((seat) => seat.seatId) }
}
