import { handler } from '@frontrow/messaging/consumer'
import type { Handler } from '@frontrow/messaging/consumer'
import {
  ReservationCancelled,
  ReservationConfirmed,
  ReservationExpired,
  ReservationHeld,
} from '@frontrow/proto/events'
import { topics } from '@frontrow/proto/topics'
import type { CatalogContext } from './context.ts'
import type { ReservedSeats } from './sql/reserved-seats.ts'
import { trackReservation } from './track-reservation.ts'

/** What this service listens to. */
export const consumedTopics = [topics.reservationEvents]

/** By message type. */
export function messageHandlers(ctx: Pick<CatalogContext, 'pool'>): Record<string, Handler> {
  return {
    ReservationHeld: handler(ReservationHeld, (value, message) =>
      trackReservation(ctx, toReservedSeats(value), 'RESERVED', message),
    ),
    ReservationConfirmed: handler(ReservationConfirmed, (value, message) =>
      trackReservation(ctx, toReservedSeats(value), 'RESERVED', message),
    ),
    ReservationCancelled: handler(ReservationCancelled, (value, message) =>
      trackReservation(ctx, toReservedSeats(value), 'RELEASED', message),
    ),
    ReservationExpired: handler(ReservationExpired, (value, message) =>
      trackReservation(ctx, toReservedSeats(value), 'RELEASED', message),
    ),
  }
}

function toReservedSeats(event: {
  scheduleId: number
  reservationId: string
  seatIds: readonly number[]
}): ReservedSeats {
  return {
    scheduleId: event.scheduleId,
    reservationId: event.reservationId,
    seatCount: event.seatIds.length,
  }
}
