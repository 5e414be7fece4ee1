import type { GetReservationsResponse__Output as Found } from '@frontrow/proto/gen/frontrow/reservation/v1/GetReservationsResponse'
import type { Reservation__Output as Reservation } from '@frontrow/proto/gen/frontrow/reservation/v1/Reservation'
import { refuse } from '@frontrow/proto/refusals'
import { shareCalls } from '@frontrow/service-host/shared-calls'

/** Makes the function that finds a reservation by its id, or refuses with RESERVATION_NOT_FOUND. Several payments share a call. */
export function askReservations(
  getReservations: (request: { reservationIds: string[] }) => Promise<Found>,
): (reservationId: string) => Promise<Reservation> {
  return shareCalls<string, Reservation>(async (reservationIds) => {
    const { reservations } = await getReservations({ reservationIds: [...new Set(reservationIds)] })
    const byId = new Map(reservations.map((reservation) => [reservation.reservationId, reservation]))
    return reservationIds.map(
      (id) => byId.get(id) ?? refuse('RESERVATION_NOT_FOUND', 'you have no such reservation'),
    )
  })
}
