import { QUEUE_TOKEN_COOKIE } from '@frontrow/proto/queue-token'
import { actingUser } from '@frontrow/service-host/auth'
import type { Caller } from '@frontrow/service-host/auth'
import type { HttpServer } from '@frontrow/service-host/http-server'
import type { Reply } from '@frontrow/service-host/serve-route'
import type { QueueContext } from './context.ts'
import { describeFairness } from './describe-fairness.ts'
import { describePlace } from './describe-place.ts'
import type { PlaceDescription } from './describe-place.ts'
import { compareEstimates } from './estimate-wait.ts'
import { joinWaitingRoom } from './join-waiting-room.ts'
import { leaveWaitingRoom } from './leave-waiting-room.ts'
import { locatePlace } from './locate-place.ts'
import {
  fairnessRoute,
  joinRoute,
  leaveRoute,
  nowServingRoute,
  placeEventsRoute,
  placeRoute,
  reissueRoute,
  steerRoomRoute,
  watchRoomRoute,
} from './openapi.ts'
import type { PlaceStreams } from './place-streams.ts'
import { RedisAwayError } from './redis-gate.ts'
import { reissueToken } from './reissue-token.ts'
import { steerWaitingRoom } from './steer-waiting-room.ts'
import type { RoomSummary } from './room-replies.ts'

const COOKIE_ATTRIBUTES = 'Path=/; HttpOnly; Secure; SameSite=Lax'
const FORGET_COOKIE = `${QUEUE_TOKEN_COOKIE}=; Max-Age=0; ${COOKIE_ATTRIBUTES}`
const NO_STORE = { 'Cache-Control': 'no-store' }

/** The REST side: places for those who wait, rooms for everybody and for admins. */
export function addRoutes(http: HttpServer, ctx: QueueContext, streams: PlaceStreams): void {
  // A crowd asks for these three, so they come first.
  http.handle(placeRoute, async ({ caller: { queueToken, userId } }) => {
    const { scheduleId, place } = await locatePlace(ctx, queueToken, { userId, seen: true })
    return { status: 200, data: await describePlace(ctx, queueToken, scheduleId, place), headers: NO_STORE }
  })
  http.handle(joinRoute, async ({ body, caller }) =>
    withCookie(await joinWaitingRoom(ctx, whose(caller, body))),
  )
  http.handle(nowServingRoute, async ({ params: { scheduleId } }) => {
    await ctx.schedules.get(scheduleId)
    const {
      maxActive: _max,
      admitPerSecond: _rate,
      active: _active,
      ...line
    } = roomJson(scheduleId, await ctx.summaries.get(scheduleId))
    return { status: 200, data: line, headers: { 'Cache-Control': 'public, max-age=1' } }
  })

  http.handle(reissueRoute, async ({ body, caller }) =>
    withCookie(await reissueToken(ctx, whose(caller, body))),
  )

  http.handle(placeEventsRoute, async ({ headers, caller, response }) => {
    await streams.open(caller.queueToken, caller.userId, response, headers['last-event-id'])
    return undefined
  })

  http.handle(leaveRoute, async ({ caller: { queueToken, userId } }) => {
    await leaveWaitingRoom(ctx, queueToken, userId)
    return { status: 204, headers: { ...NO_STORE, 'Set-Cookie': FORGET_COOKIE } }
  })

  http.handle(fairnessRoute, async ({ params: { scheduleId }, query: { from } }) => ({
    status: 200,
    data: await describeFairness(ctx, scheduleId, from),
    headers: { 'Cache-Control': 'public, max-age=1' },
  }))

  http.handle(watchRoomRoute, async ({ params: { scheduleId } }) => {
    await ctx.schedules.get(scheduleId)
    ctx.summaries.forget(scheduleId)
    return {
      status: 200,
      data: await watchedRoomJson(ctx, scheduleId, await ctx.summaries.get(scheduleId)),
      headers: NO_STORE,
    }
  })

  http.handle(steerRoomRoute, async ({ params: { scheduleId }, body }) => ({
    status: 200,
    data: await watchedRoomJson(ctx, scheduleId, await steerWaitingRoom(ctx, scheduleId, body)),
    headers: NO_STORE,
  }))
}

function whose(
  caller: Caller,
  body: { scheduleId: number; userId?: string | undefined },
): { scheduleId: number; userId: string } {
  return { scheduleId: body.scheduleId, userId: actingUser(caller, body.userId) }
}

function withCookie(place: PlaceDescription): Reply {
  const cookie = `${QUEUE_TOKEN_COOKIE}=${place.token}; ${COOKIE_ATTRIBUTES}`
  return { status: 200, data: place, headers: { ...NO_STORE, 'Set-Cookie': cookie } }
}

async function watchedRoomJson(ctx: QueueContext, scheduleId: number, summary: RoomSummary) {
  return {
    ...roomJson(scheduleId, summary),
    estimates: compareEstimates(await keptEstimates(ctx, scheduleId)),
  }
}

async function keptEstimates(ctx: QueueContext, scheduleId: number) {
  try {
    return await ctx.rooms.estimates(scheduleId)
  } catch (error) {
    // They are kept in Redis alone: worth little, and soon there again.
    if (error instanceof RedisAwayError) return []
    throw error
  }
}

function roomJson(scheduleId: number, room: RoomSummary) {
  return {
    scheduleId,
    maxActive: room.maxActive,
    admitPerSecond: room.admitPerSecond,
    paused: room.paused,
    waiting: room.waiting,
    active: room.active,
    nowServing: room.nowServing,
    admittedPerMinute: room.admittedLastMinute,
    serverTime: new Date(room.nowMs).toISOString(),
  }
}
