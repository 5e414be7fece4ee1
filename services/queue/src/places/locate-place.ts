import { refuse } from '@frontrow/proto/refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import type { QueueContext } from '../context.ts'
import type { LocatedPlace } from '../room.ts'
import { noteSeen } from './note-seen.ts'
import { hashToken } from './token-value.ts'

/** The user and the schedule that a token must belong to. What is undefined is not compared. */
export interface ExpectedOwner {
  userId?: string | undefined
  scheduleId?: number | undefined
}

/**
 * The live place of a token value, whose holder is asking and so is seen. Refuses with QUEUE_TOKEN_INVALID when there is none or
 * when it is not of the expected owner.
 */
export async function locatePlace(
  ctx: QueueContext,
  token: string,
  expected: ExpectedOwner,
): Promise<LocatedPlace> {
  const hash = hashToken(token)
  const located = await ctx.rooms.find(hash)
  if (located === undefined) throw invalidToken()
  requireOwner(located, expected)
  if (located.place.noteSeen && !(await noteSeen(ctx, located))) throw invalidToken()
  return located
}

/** The refusal of a token that is not live, or is somebody else's. */
export function invalidToken(): Refusal {
  return refuse('QUEUE_TOKEN_INVALID', 'the queue token is unknown, used, left, expired or not yours')
}

/** Refuses with QUEUE_TOKEN_INVALID when a place is not of the expected user and schedule. */
export function requireOwner(owner: { userId: string; scheduleId: number }, expected: ExpectedOwner): void {
  const { userId = owner.userId, scheduleId = owner.scheduleId } = expected
  if (userId !== owner.userId || scheduleId !== owner.scheduleId) throw invalidToken()
}
