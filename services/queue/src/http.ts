import { cookiesWith, QUEUE_TOKEN_COOKIE, scheduleCookie } from '@frontrow/proto/queue-token'
import { actingUser, claimsOf } from '@frontrow/service-host/auth'
import type { Caller, TokenHolder } from '@frontrow/service-host/auth'
import type { HttpServer } from '@frontrow/service-host/http-server'
import type { Reply } from '@frontrow/service-host/serve-route'
import { steerRoomRoute, watchRoomRoute } from './admin-openapi.ts'
import type { QueueContext } from './context.ts'
import { steerWaitingRoom } from './admission/steer-waiting-room.ts'
import { watchWaitingRoom } from './admission/watch-waiting-room.ts'
import { cachingOf, describeFairness } from './fairness/describe-fairness.ts'
import type { Claims } from './join-check/verified-claim.ts'
import {
  challengeRoute,
  fairnessRoute,
  joinRoute,
  leaveRoute,
  nowServingRoute,
  placeEventsRoute,
  placeRoute,
  reissueRoute,
} from './openapi.ts'
import { describePlace } from './places/describe-place.ts'
import type { PlaceDescription } from './places/describe-place.ts'
import { joinWaitingRoom } from './places/join-waiting-room.ts'
import { leaveWaitingRoom } from './places/leave-waiting-room.ts'
import { locatePlace } from './places/locate-place.ts'
import type { ExpectedOwner } from './places/locate-place.ts'
import { reissueToken } from './places/reissue-token.ts'
import { lineJson, watchedRoomJson } from './room-json.ts'
import type { PlaceStreams } from './streams/place-streams.ts'

const COOKIE_ATTRIBUTES = 'Path=/; HttpOnly; Secure; SameSite=Lax'
const NO_STORE = { 'Cache-Control': 'no-store' }

/** The REST side: places for those who wait, rooms for everybody and for admins. */
export function addRoutes(http: HttpServer, ctx: QueueContext, streams: PlaceStreams): void {
  // A crowd asks for these three, so they come first.
  http.handle(placeRoute, async (input) => {
    const { queueToken } = input.caller
    const { scheduleId, place } = await locatePlace(ctx, queueToken, expectedOwner(input))
    return { status: 200, data: await describePlace(ctx, queueToken, scheduleId, place), headers: NO_STORE }
  })
  http.handle(joinRoute, async ({ body, caller, request }) => {
    const { checkAnswer } = body
    const claims = (): Claims => claimsOf(request.headers.authorization)
    const joiner = caller.actsForAnybody ? undefined : { checkAnswer, claims }
    return withCookies(await joinWaitingRoom(ctx, whose(caller, body), joiner))
  })
  http.handle(nowServingRoute, async ({ params: { scheduleId } }) => {
    await ctx.strangersLookups.check(scheduleId)
    const line = lineJson(scheduleId, await ctx.rooms.summary(scheduleId))
    return { status: 200, data: line, headers: { 'Cache-Control': 'public, max-age=1' } }
  })

  http.handle(challengeRoute, ({ params: { scheduleId }, caller: { userId } }) => ({
    status: 200,
    data: {
      scheduleId,
      ...ctx.joinCheck.challenge({ scheduleId, userId }),
      serverTime: ctx.now().toISOString(),
    },
    headers: NO_STORE,
  }))

  http.handle(reissueRoute, async ({ body, caller }) =>
    withCookies(await reissueToken(ctx, whose(caller, body))),
  )

  http.handle(placeEventsRoute, async (input) => {
    const { caller, response, headers } = input
    await streams.open(caller.queueToken, expectedOwner(input), response, headers['last-event-id'])
    return undefined
  })

  http.handle(leaveRoute, async (input) => {
    const { queueToken } = input.caller
    const { scheduleId } = await leaveWaitingRoom(ctx, queueToken, expectedOwner(input))
    const forgotten = cookiesWith(queueToken, input.request.headers, scheduleId)
    const cookies = forgotten.map((name) => `${name}=; Max-Age=0; ${COOKIE_ATTRIBUTES}`)
    return { status: 204, headers: { ...NO_STORE, 'Set-Cookie': cookies } }
  })

  http.handle(fairnessRoute, async ({ params: { scheduleId }, query: { from } }) => {
    const data = await describeFairness(ctx, scheduleId, from)
    return { status: 200, data, headers: { 'Cache-Control': cachingOf(data) } }
  })

  http.handle(watchRoomRoute, async ({ params: { scheduleId } }) => ({
    status: 200,
    data: watchedRoomJson(scheduleId, await watchWaitingRoom(ctx, scheduleId)),
    headers: NO_STORE,
  }))

  http.handle(steerRoomRoute, async ({ params: { scheduleId }, body, headers, caller }) => {
    const by = { caller, key: headers['idempotency-key'] }
    const reply = await steerWaitingRoom(ctx, scheduleId, body, by)
    return { ...reply, headers: { ...reply.headers, ...NO_STORE } }
  })
}

function whose(
  caller: Caller,
  body: { scheduleId: number; userId?: string | undefined },
): { scheduleId: number; userId: string } {
  return { scheduleId: body.scheduleId, userId: actingUser(caller, body.userId) }
}

/**
 * The owner and schedule that the token must have. When the browser has no cookie of the schedule in `?scheduleId=`, its latest token
 * is read, and a request about one line must not show or give up the place in another. A token in the header is not compared with
 * `?scheduleId=`, because the header names its place by itself.
 */
function expectedOwner(input: {
  caller: TokenHolder
  query: { scheduleId?: number | undefined }
  headers: { 'queue-token'?: string | undefined }
}): ExpectedOwner {
  const { userId } = input.caller
  return input.headers['queue-token'] ? { userId } : { userId, scheduleId: input.query.scheduleId }
}

function withCookies(place: PlaceDescription): Reply {
  const cookies = [QUEUE_TOKEN_COOKIE, scheduleCookie(place.scheduleId)].map(
    (name) => `${name}=${place.token}; ${COOKIE_ATTRIBUTES}`,
  )
  return { status: 200, data: place, headers: { ...NO_STORE, 'Set-Cookie': cookies } }
}
