import { reader } from '@frontrow/messaging/handlers'
import type { MessageHandlers } from '@frontrow/messaging/handlers'
import {
  ReservationCancelled,
  ReservationExpired,
  ReservationHeld,
  SeatsBlocked,
  SeatsUnblocked,
} from '@frontrow/proto/events'
import { topics } from '@frontrow/proto/topics'
import type { z } from 'zod'
import type { CatalogContext } from './context.ts'
import { noteReservations } from './sql/reserved-seats.ts'
import type { ReservationNews } from './sql/reserved-seats.ts'

/** What this service listens to. */
export const consumedTopics = [topics.reservationEvents]

/**
 * How events of reservations are read and noted. A confirmation says nothing new, for the seats are taken since the hold, whose event
 * comes before it. No message id is claimed, because the news have the same effect however often and in whatever order they come; a
 * row is kept longer than the topic keeps messages about it.
 */
export function messageHandlers(ctx: Pick<CatalogContext, 'pool'>): MessageHandlers<ReservationNews[]> {
  return {
    readers: {
      ReservationHeld: reader(ReservationHeld, (event) => toNews(event, 'RESERVED')),
      ReservationCancelled: reader(ReservationCancelled, (event) => toNews(event, 'RELEASED')),
      ReservationExpired: reader(ReservationExpired, (event) => toNews(event, 'RELEASED')),
      SeatsBlocked: reader(SeatsBlocked, (event) => toBlockNews(event, 'RESERVED')),
      SeatsUnblocked: reader(SeatsUnblocked, (event) => toBlockNews(event, 'RELEASED')),
    },
    handleMany: (messages) =>
      noteReservations(
        ctx.pool,
        messages.flatMap(({ content }) => content),
      ),
  }
}

function toNews(
  event: { scheduleId: number; reservationId: string; seatIds: readonly number[] },
  became: ReservationNews['became'],
): ReservationNews[] {
  const { scheduleId, reservationId, seatIds } = event
  return [{ scheduleId, reservationId, seatIds, became }]
}

// A seat that the house keeps back counts like a reservation of its own.
function toBlockNews(
  { scheduleId, blocks }: z.output<typeof SeatsBlocked>,
  became: ReservationNews['became'],
): ReservationNews[] {
  return blocks.map(({ blockId, seatId }) => ({
    scheduleId,
    reservationId: blockId,
    seatIds: [seatId],
    became,
  }))
}
