import type { QueueContext } from '../src/context.ts'
import { extendPlace } from '../src/extend-place.ts'
import { verifyToken } from '../src/verify-token.ts'

/**
 * Does what the event of a hold does for the place that an ACTIVE token is of, without the way over Kafka; returns the deadline
 * after it. Refuses as VerifyToken does.
 */
export async function extendByToken(ctx: QueueContext, token: string, untilMs: number): Promise<number> {
  await extendPlace(ctx, await verifyToken(ctx, { token }), untilMs)
  return (await verifyToken(ctx, { token })).activeUntilMs
}
