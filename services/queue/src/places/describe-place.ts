import type { QueueContext } from '../context.ts'
import { estimateWaitSeconds, pollAfterSeconds } from './estimate-wait.ts'
import type { Place } from '../room.ts'
import { knownOpening } from '../schedules.ts'

/** A place as its holder sees it. */
export interface PlaceDescription {
  token: string
  scheduleId: number
  status: 'WAITING' | 'ACTIVE'
  sequence: number
  queuePosition: number
  estimatedWaitSeconds: number
  estimatedWaitTimeMinutes: number
  pollAfterSeconds: number
  serverTime: string
  expiresAt: string
}

// Somebody who is ACTIVE has no reason to ask often, since only the deadline can change. It is polled as if the wait were this long.
const ACTIVE_WAIT_SECONDS = 100
// So many polls come within the time in which who is let in has to show up, so that one may be lost.
const POLLS_TO_SHOW_UP = 3

/** What is told of a place. */
export type DescribedPlace =
  Unnoted<Extract<Place, { status: 'WAITING' }>> | Unnoted<Extract<Place, { status: 'ACTIVE' }>>

type Unnoted<P> = Omit<P, 'noteSeen' | 'roomOff'>

/** Puts a place into the form of the API. */
export async function describePlace(
  ctx: QueueContext,
  token: string,
  scheduleId: number,
  place: DescribedPlace,
): Promise<PlaceDescription> {
  const { sequence } = place
  const serverTime = new Date(place.nowMs).toISOString()
  if (place.status === 'ACTIVE') {
    return {
      token,
      scheduleId,
      status: 'ACTIVE',
      sequence,
      queuePosition: 0,
      estimatedWaitSeconds: 0,
      estimatedWaitTimeMinutes: 0,
      pollAfterSeconds: askAgainAfter(ctx, ACTIVE_WAIT_SECONDS),
      serverTime,
      expiresAt: new Date(place.activeUntilMs).toISOString(),
    }
  }
  const [summary, opensAtMs] = await Promise.all([
    ctx.rooms.summary(scheduleId),
    knownOpening(ctx.schedules, scheduleId),
  ])
  const queuePosition = place.before + 1
  // Before the draw all places are equally likely, so the wait is estimated for the middle of the line.
  const expectedPosition = place.nowMs < opensAtMs ? Math.ceil((place.waiting + 1) / 2) : queuePosition
  const wait = estimateWaitSeconds(expectedPosition, summary, { opensAtMs, activeMs: ctx.config.ACTIVE_MS })
  return {
    token,
    scheduleId,
    status: 'WAITING',
    sequence,
    queuePosition,
    estimatedWaitSeconds: wait,
    estimatedWaitTimeMinutes: Math.ceil(wait / 60),
    pollAfterSeconds: askAgainAfter(ctx, wait),
    serverTime,
    expiresAt: new Date(place.nowMs + ctx.config.WAITING_MS).toISOString(),
  }
}

/** Who is let in between two polls has to show up in time by the second one. */
function askAgainAfter(ctx: QueueContext, waitSeconds: number): number {
  const most = Math.max(1, Math.floor(ctx.config.SHOW_UP_MS / (POLLS_TO_SHOW_UP * 100)) / 10)
  return Math.min(most, pollAfterSeconds(waitSeconds, Math.random()))
}
