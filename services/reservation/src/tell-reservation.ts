import type { Queryable } from '@frontrow/postgres/pool'
import type { Context } from './context.ts'
import { readAllowanceOnceReleased } from './releases.ts'
import { toAllowanceJson, toReservationJson } from './reservation-json.ts'
import type { ReleaseAllowanceJson, ReservationJson } from './reservation-json.ts'
import type { Reservation } from './reservation.ts'
import type { ShowJson } from './show.ts'

/** One reservation by itself, as its owner is told of it, with what giving it back comes to. */
export async function tellReservation(
  ctx: Context,
  db: Queryable,
  reservation: Reservation,
  show: ShowJson | null,
): Promise<ReservationJson & { onceReleased: ReleaseAllowanceJson }> {
  const allowance = await readAllowanceOnceReleased(ctx, db, reservation)
  return {
    ...toReservationJson(reservation, ctx.config.REFRESHES_MAX, show),
    onceReleased: toAllowanceJson(allowance),
  }
}
