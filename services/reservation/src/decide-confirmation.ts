import type { ReservationConfirmed, ReservationConfirmRefused } from '@frontrow/proto/events'
import type { z } from 'zod'
import type { Reservation } from './reservation.ts'
import { factsOf } from './reservation.ts'

/** Why a payment does not get the seats. */
export type ConfirmRefusal = z.output<typeof ReservationConfirmRefused>['reason']

/** The answer to a first ConfirmReservation of a payment. */
export type Confirmation =
  | { kind: 'confirm'; payload: z.output<typeof ReservationConfirmed> }
  | { kind: 'refuse'; reason: ConfirmRefusal }

/** Decides whether a payment confirms a reservation. It is pure; the caller has locked the reservation and its seats. */
export function decideConfirmation(
  command: { paymentId: string; userId: string; amount: number },
  locked:
    | {
        reservation: Pick<
          Reservation,
          'reservationId' | 'userId' | 'scheduleId' | 'status' | 'totalAmount' | 'seats'
        >
        hasItsSeats: boolean
      }
    | undefined,
  isScheduleCancelled: boolean,
): Confirmation {
  if (locked === undefined) return { kind: 'refuse', reason: 'RESERVATION_NOT_FOUND' }
  const { reservation, hasItsSeats } = locked
  // A payment by another user, or of another amount, is not for this reservation.
  if (reservation.userId !== command.userId || reservation.totalAmount !== command.amount) {
    return { kind: 'refuse', reason: 'RESERVATION_NOT_FOUND' }
  }
  switch (reservation.status) {
    case 'EXPIRED':
      return { kind: 'refuse', reason: 'RESERVATION_EXPIRED' }
    case 'CANCELLED':
      return { kind: 'refuse', reason: 'RESERVATION_CANCELLED' }
    case 'CONFIRMED':
      return { kind: 'refuse', reason: 'ALREADY_PAID' }
    case 'HOLD':
      if (isScheduleCancelled) return { kind: 'refuse', reason: 'RESERVATION_CANCELLED' }
      if (!hasItsSeats) return { kind: 'refuse', reason: 'RESERVATION_EXPIRED' }
      return {
        kind: 'confirm',
        payload: {
          paymentId: command.paymentId,
          ...factsOf(reservation),
          totalAmount: reservation.totalAmount,
        },
      }
  }
}
