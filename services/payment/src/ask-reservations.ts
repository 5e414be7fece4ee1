import type { GetReservationsResponse__Output as Found } from '@frontrow/proto/gen/frontrow/reservation/v1/GetReservationsResponse'
import type { Reservation__Output as Reservation } from '@frontrow/proto/gen/frontrow/reservation/v1/Reservation'
import { refuse } from '@frontrow/proto/refusals'
import { Batcher } from '@frontrow/service-host/batcher'

/** Reservations by their ids. Refuses with RESERVATION_NOT_FOUND. */
export type Reservations = Batcher<'all', string, Reservation>

// The second call in the air keeps one that hangs from holding up all.
const SHARED = { batchMax: 100, atOnceMax: 2, pendingMax: 5_000 }

/** Asks for the reservations of several payments with one call, because a call costs both processes several times what a read does. */
export function askReservations(
  getReservations: (request: { reservationIds: string[] }) => Promise<Found>,
): Reservations {
  return new Batcher<'all', string, Reservation>({
    ...SHARED,
    send: async (_all, reservationIds) => {
      const { reservations } = await getReservations({ reservationIds: [...new Set(reservationIds)] })
      const byId = new Map(reservations.map((reservation) => [reservation.reservationId, reservation]))
      return reservationIds.map(
        (id) =>
          // A UUID may come in capital letters; PostgreSQL writes it in small ones.
          byId.get(id.toLowerCase()) ?? refuse('RESERVATION_NOT_FOUND', 'you have no such reservation'),
      )
    },
  })
}
