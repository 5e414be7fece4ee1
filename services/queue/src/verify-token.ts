import { refuse } from '@frontrow/proto/refusals'
import type { QueueContext } from './context.ts'
import { invalidToken, locatePlace } from './locate-place.ts'

/** Whom a token lets in. */
export interface VerifiedToken {
  scheduleId: number
  userId: string
  /** 0 where the waiting room is off. */
  activeUntilMs: number
}

/** Says whether a token lets its holder in now. Where the waiting room is off, everybody who joined is in. */
export async function verifyToken(
  ctx: QueueContext,
  asked: { token: string; scheduleId?: number | undefined; userId?: string | undefined },
): Promise<VerifiedToken> {
  const { scheduleId, userId, place } = await locatePlace(ctx, asked.token, {
    userId: asked.userId,
    seen: false,
  })
  if (asked.scheduleId !== undefined && asked.scheduleId !== scheduleId) throw invalidToken()
  if (place.roomOff) return { scheduleId, userId, activeUntilMs: 0 }
  if (place.status === 'WAITING') throw notActive()
  return { scheduleId, userId, activeUntilMs: place.activeUntilMs }
}

/** The holder still waits. */
export function notActive(): Error {
  return refuse('QUEUE_TOKEN_NOT_ACTIVE', 'still waiting; poll until the token is ACTIVE')
}
