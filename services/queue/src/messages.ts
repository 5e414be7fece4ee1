import { reader } from '@frontrow/messaging/handlers'
import type { MessageHandlers } from '@frontrow/messaging/handlers'
import { ReservationConfirmed, ReservationHeld, ReservationRefreshed } from '@frontrow/proto/events'
import { topics } from '@frontrow/proto/topics'
import type { z } from 'zod'
import type { QueueContext } from './context.ts'
import { noteHold } from './places/holds-of-place.ts'
import type { HoldNote } from './places/holds-of-place.ts'

/** The topics that this service consumes. */
export const listensTo = [topics.reservationEvents]

/** What an event says about the place that made its hold. */
interface NoteOfPlace {
  scheduleId: number
  note: HoldNote
}

/**
 * How events of reservations are read and noted. Messages name the place that made the hold by its identity. Older messages, which do
 * not name it, change nothing, and their places end by their deadlines. No message id is claimed, because each note has the same
 * effect however often and in whatever order the messages arrive.
 */
export function messageHandlers(ctx: QueueContext): MessageHandlers<NoteOfPlace> {
  const extended = (
    hold: z.output<typeof ReservationHeld> | z.output<typeof ReservationRefreshed>,
  ): NoteOfPlace | null => {
    const { scheduleId, expiresAt, queuePlace } = hold
    if (!queuePlace) return null
    return {
      scheduleId,
      note: { kind: 'EXTENDED', sequence: queuePlace.sequence, untilMs: Date.parse(expiresAt) },
    }
  }
  return {
    readers: {
      ReservationHeld: reader(ReservationHeld, extended),
      ReservationRefreshed: reader(ReservationRefreshed, extended),
      ReservationConfirmed: reader(ReservationConfirmed, ({ scheduleId, queuePlace }) => {
        // While other holds of the place are live, they can still be refreshed, which needs the place. A hold that the person makes
        // after this confirmation and before its event arrives is not counted: it can be paid but not refreshed.
        if (!queuePlace || queuePlace.liveHoldsLeft > 0) return null
        return { scheduleId, note: { kind: 'USED', sequence: queuePlace.sequence } }
      }),
    },
    // Notes about places of one room share a transaction there.
    handleMany: async (messages) => {
      await Promise.all(messages.map(({ content }) => noteHold(ctx, content.scheduleId, content.note)))
    },
  }
}
