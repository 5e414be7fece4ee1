import { handler } from '@frontrow/messaging/consumer'
import type { Handler } from '@frontrow/messaging/consumer'
import { ReservationConfirmed, ReservationHeld, ReservationRefreshed } from '@frontrow/proto/events'
import { topics } from '@frontrow/proto/topics'
import type { z } from 'zod'
import type { QueueContext } from './context.ts'
import { noteHold } from './places/holds-of-place.ts'

/** The topics that this service consumes. */
export const listensTo = [topics.reservationEvents]

/**
 * Handlers by message type. Messages name the place that made the hold by its identity. Older messages, which do not name it, change
 * nothing, and their places end by their deadlines. No message id is claimed, because each handler has the same effect however often
 * and in whatever order the messages arrive.
 */
export function messageHandlers(ctx: QueueContext): Record<string, Handler> {
  const extend = async (hold: z.output<typeof ReservationHeld> | z.output<typeof ReservationRefreshed>) => {
    const { scheduleId, expiresAt, queuePlace } = hold
    if (!queuePlace) return
    const { sequence } = queuePlace
    await noteHold(ctx, scheduleId, { kind: 'EXTENDED', sequence, untilMs: Date.parse(expiresAt) })
  }
  return {
    ReservationHeld: handler(ReservationHeld, extend),
    ReservationRefreshed: handler(ReservationRefreshed, extend),
    ReservationConfirmed: handler(ReservationConfirmed, async ({ scheduleId, queuePlace }) => {
      // While other holds of the place are live, they can still be refreshed, which needs the place. A hold that the person makes
      // after this confirmation and before its event arrives is not counted: it can be paid but not refreshed.
      if (!queuePlace || queuePlace.liveHoldsLeft > 0) return
      await noteHold(ctx, scheduleId, { kind: 'USED', sequence: queuePlace.sequence })
    }),
  }
}
