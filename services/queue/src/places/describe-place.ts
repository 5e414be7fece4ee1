import type { QueueContext } from '../context.ts'
import { estimateWaitSeconds, pollAfterSeconds } from './estimate-wait.ts'
import type { Place } from '../room.ts'
import { admissionWindow } from '../schedules.ts'

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
      pollAfterSeconds: pollAfterSeconds(ACTIVE_WAIT_SECONDS, Math.random()),
      serverTime,
      expiresAt: new Date(place.activeUntilMs).toISOString(),
    }
  }
  const [summary, onSale] = await Promise.all([ctx.rooms.summary(scheduleId), ctx.schedules.get(scheduleId)])
  const queuePosition = place.before + 1
  const { opensAtMs } = admissionWindow(onSale)
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
    pollAfterSeconds: pollAfterSeconds(wait, Math.random()),
    serverTime,
    expiresAt: new Date(place.nowMs + ctx.config.WAITING_MS).toISOString(),
  }
}
