import { isRefusal } from '@frontrow/proto/refusals'
import type { Context } from './context.ts'
import { findReservedSeats } from './sql/payments.ts'
import type { PaidSeat, Payment, ReservedSeats } from './sql/payments.ts'

/** The reservation of a payment, as it is shown with it. */
export interface ShownReservation {
  reservationId: string
  /** Null, as the seats, in payments of an older version while the reservation service can't be asked. */
  reservationNumber: string | null
  /** Null while the reservation service can't be asked: it is never guessed from the payment. */
  status: string | null
  seats: PaidSeat[] | null
}

/** Asks the reservation service what the reservation of a payment is now. Its number and seats are known without it. */
export async function askReservation(
  ctx: Pick<Context, 'pool' | 'getReservation'>,
  { paymentId, reservationId }: Pick<Payment, 'paymentId' | 'reservationId'>,
): Promise<ShownReservation> {
  try {
    const { reservationNumber, status, seats } = await ctx.getReservation(reservationId)
    return { reservationId, reservationNumber, status, seats }
  } catch (error) {
    if (!isRefusal(error) || error.http < 500) throw error
    return recallReservation(ctx, { paymentId, reservationId }, null)
  }
}

/** The reservation of a payment as it was when it began, in the status that the caller knows it was in. Nobody is asked. */
export async function recallReservation(
  { pool }: Pick<Context, 'pool'>,
  { paymentId, reservationId }: Pick<Payment, 'paymentId' | 'reservationId'>,
  status: string | null,
): Promise<ShownReservation> {
  const { reservationNumber = null, seats = null } = (await findReservedSeats(pool, paymentId)) ?? {}
  return { reservationId, reservationNumber, status, seats }
}

/** The reservation of a payment that has just been confirmed by it. */
export function confirmedReservation(reservationId: string, reserved: ReservedSeats): ShownReservation {
  const { reservationNumber, seats } = reserved
  return { reservationId, reservationNumber, status: 'CONFIRMED', seats }
}
