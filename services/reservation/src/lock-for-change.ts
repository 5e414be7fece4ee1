import type { Tx } from '@frontrow/postgres/pool'
import type { Reservation } from './reservation.ts'
import { lockReservation } from './sql/reservations.ts'
import { lockSeatsOf } from './sql/seat-holds.ts'

/** A reservation that nobody else can change until the transaction ends. */
export interface LockedReservation {
  reservation: Reservation
  /** Whether it still has every one of its seats. */
  hasItsSeats: boolean
}

/** Locks a reservation's seats, then the reservation: the order that sql/seat-holds.ts asks for. */
export async function lockForChange(tx: Tx, reservationId: string): Promise<LockedReservation | undefined> {
  const counts = await lockSeatsOf(tx, [reservationId])
  const reservation = await lockReservation(tx, reservationId)
  if (reservation === undefined) return undefined
  return { reservation, hasItsSeats: counts.get(reservationId) === reservation.seats.length }
}
