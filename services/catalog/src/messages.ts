import { reader } from '@frontrow/messaging/handlers'
import type { MessageHandlers } from '@frontrow/messaging/handlers'
import { claimed } from '@frontrow/messaging/inbox'
import {
  ReservationCancelled,
  ReservationConfirmed,
  ReservationExpired,
  ReservationHeld,
} from '@frontrow/proto/events'
import { topics } from '@frontrow/proto/topics'
import type { CatalogContext } from './context.ts'
import { trackReservations } from './track-reservations.ts'
import type { ReservationNews } from './track-reservations.ts'

/** What this service listens to. */
export const consumedTopics = [topics.reservationEvents]

/** How events of reservations are read and tracked. */
export function messageHandlers(ctx: Pick<CatalogContext, 'pool'>): MessageHandlers<ReservationNews> {
  return {
    readers: {
      ReservationHeld: reader(ReservationHeld, (event) => toNews(event, 'RESERVED')),
      ReservationConfirmed: reader(ReservationConfirmed, (event) => toNews(event, 'RESERVED')),
      ReservationCancelled: reader(ReservationCancelled, (event) => toNews(event, 'RELEASED')),
      ReservationExpired: reader(ReservationExpired, (event) => toNews(event, 'RELEASED')),
    },
    handleMany: claimed(ctx.pool, trackReservations),
  }
}

function toNews(
  event: { scheduleId: number; reservationId: string; seatIds: readonly number[] },
  became: ReservationNews['became'],
): ReservationNews {
  const { scheduleId, reservationId, seatIds } = event
  return { scheduleId, reservationId, seatCount: seatIds.length, became }
}
