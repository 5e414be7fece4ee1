import type { QueueContext } from '../src/context.ts'
import { verifyToken } from '../src/places/verify-token.ts'

/** Extends the place of an ACTIVE token as the event of a hold does; returns its deadline then. */
export async function extendByToken(ctx: QueueContext, token: string, untilMs: number): Promise<number> {
  const { scheduleId, sequence } = await verifyToken(ctx, { token })
  const noted = await ctx.notes.add(scheduleId, { kind: 'EXTENDED', sequence, untilMs })
  return noted?.place.activeUntilMs ?? 0
}
