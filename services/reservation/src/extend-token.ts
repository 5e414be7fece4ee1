import { z } from 'zod'
import type { Context } from './context.ts'
import { findReservation } from './sql/reservations.ts'

const StoredHold = z.object({ reservationId: z.uuid() })

/**
 * Keeps the buyer's token ACTIVE until the hold's deadline, so that there is time to pay. A failure is only logged,
 * because a waiting room that is away for a moment must not cost anybody their seats.
 */
export async function extendToken(ctx: Context, token: string, until: Date): Promise<void> {
  try {
    await ctx.extendToken({ token, untilMs: until.getTime() })
  } catch (error) {
    ctx.logger.warn({ err: error }, 'a queue token was not extended to the deadline of its hold')
  }
}

/** Extends the token for a hold whose stored answer is replayed, if it is still live. The token must have been verified. */
export async function extendTokenOnReplay(
  ctx: Context,
  { userId, queueToken }: { userId: string; queueToken: string },
  answer: unknown,
): Promise<void> {
  try {
    const { reservationId } = StoredHold.parse(answer)
    const reservation = await findReservation(ctx.pool, reservationId, userId)
    if (reservation?.status === 'HOLD') await extendToken(ctx, queueToken, reservation.expiresAt)
  } catch (error) {
    ctx.logger.warn({ err: error }, 'the hold of a repeated request could not be looked up')
  }
}
