import { refuse } from '@frontrow/proto/refusals'
import type { QueueContext } from '../context.ts'
import { locatePlace } from './locate-place.ts'
import { hashToken } from './token-value.ts'

/** Whom a token lets in. */
export interface VerifiedToken {
  scheduleId: number
  userId: string
  /** 0 where the waiting room is off. */
  activeUntilMs: number
  /** Together with the schedule the identity of the place, which a reissue of the token does not change. */
  sequence: number
}

/** Says whether a token lets its holder in now. Where the waiting room is off, everybody who joined is in. */
export async function verifyToken(
  ctx: QueueContext,
  asked: { token: string; scheduleId?: number | undefined; userId?: string | undefined },
): Promise<VerifiedToken> {
  const { token, ...expected } = asked
  const { scheduleId, userId, place } = await locatePlace(ctx, token, expected)
  const { sequence } = place
  if (place.roomOff) return { scheduleId, userId, sequence, activeUntilMs: 0 }
  if (place.status === 'ACTIVE') return { scheduleId, userId, sequence, activeUntilMs: place.activeUntilMs }
  // The mirror may not have heard yet that this place was let in.
  const row = await ctx.rooms.findRow(hashToken(token))
  if (row?.status !== 'ACTIVE' || row.activeUntil === null) {
    throw refuse('QUEUE_TOKEN_NOT_ACTIVE', 'still waiting; poll until the token is ACTIVE')
  }
  await ctx.notes.add(scheduleId, { kind: 'SEEN', sequence, atMs: place.nowMs })
  return { scheduleId, userId, sequence: row.sequence, activeUntilMs: row.activeUntil.getTime() }
}
