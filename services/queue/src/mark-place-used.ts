import type { QueueContext } from './context.ts'
import type { PlaceOfUser } from './extend-place.ts'
import { freePlace } from './free-place.ts'
import { endPlace } from './sql/queue-tokens.ts'

/**
 * Ends a place as USED, because its last live hold was paid, so that the next person gets its slot. Repeating it changes nothing. A
 * newer place of the same person has another sequence and is not touched.
 */
export async function markPlaceUsed(ctx: QueueContext, place: PlaceOfUser): Promise<void> {
  if (await endPlace(ctx.pool, place, 'USED')) ctx.events.ended(place.scheduleId, 'USED', 1)
  // Even when the row had ended before: an instance may have died after it changed the row and before it changed the room.
  await freePlace(ctx, place)
}
