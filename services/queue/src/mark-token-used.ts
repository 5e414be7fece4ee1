import { claim } from '@frontrow/messaging/inbox'
import { inTransaction } from '@frontrow/postgres/transaction'
import type { QueueContext } from './context.ts'
import { freePlace } from './free-place.ts'
import { endLiveToken, findLiveToken } from './sql/queue-tokens.ts'

/** A payment was approved: the buyer's place has done its work and goes to the next one. */
export async function markTokenUsed(
  ctx: QueueContext,
  { scheduleId, userId }: { scheduleId: number; userId: string },
  message: { id: string; type: string },
): Promise<void> {
  const { claimed, used } = await inTransaction(ctx.pool, async (tx) => {
    if (!(await claim(tx, message))) return { claimed: false, used: undefined }
    return { claimed: true, used: await endLiveToken(tx, scheduleId, userId, 'USED') }
  })
  if (used !== undefined) {
    ctx.events.ended(scheduleId, 'USED', 1)
    await freePlace(ctx, used)
  } else if (!claimed && (await findLiveToken(ctx.pool, scheduleId, userId)) === undefined) {
    // Delivered again, perhaps because the first time ended between the commit and the room.
    await freePlace(ctx, { scheduleId, userId, sequence: Number.MAX_SAFE_INTEGER })
  }
}
