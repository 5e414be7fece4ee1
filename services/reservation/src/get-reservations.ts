import { refuse } from '@frontrow/proto/refusals'
import type { Caller } from '@frontrow/service-host/auth'
import type { Context } from './context.ts'
import type { Reservation, ReservationStatus } from './reservation.ts'
import { findReservation, listReservations } from './sql/reservations.ts'

/** Who asks: a user sees their own reservations; null (who may act for others, other services) sees all. */
export type Owner = string | null

/** Whose reservations a caller may see. */
export function ownerFor({ actsForAnybody, userId }: Caller): Owner {
  return actsForAnybody ? null : userId
}

/** One reservation; somebody else's is RESERVATION_NOT_FOUND. */
export async function getReservation(
  ctx: Pick<Context, 'pool'>,
  reservationId: string,
  owner: Owner,
): Promise<Reservation> {
  const reservation = await findReservation(ctx.pool, reservationId, owner)
  if (reservation === undefined) throw reservationNotFound()
  return reservation
}

/** A page of a user's reservations, newest first. */
export async function getReservations(
  ctx: Context,
  filter: { userId: string; status: ReservationStatus | null; before: string | null; limit: number },
): Promise<{ items: Reservation[]; nextBefore: string | null }> {
  const found = await listReservations(ctx.pool, { ...filter, limit: filter.limit + 1 })
  const items = found.slice(0, filter.limit)
  return { items, nextBefore: found.length > items.length ? (items.at(-1)?.reservationId ?? null) : null }
}

/** The refusal of an id that does not exist or is another user's. */
export function reservationNotFound(): Error {
  return refuse('RESERVATION_NOT_FOUND', 'you have no such reservation')
}
