import { EventStream } from '@frontrow/service-host/event-stream'
import type { HttpServer } from '@frontrow/service-host/http-server'
import type { RouteSpec } from '@frontrow/service-host/route'
import type { Reply, RouteInput } from '@frontrow/service-host/serve-route'
import type { CatalogContext } from './context.ts'
import { matchesTag } from '@frontrow/idempotency/version-tag'
import { createInfoWriter } from './schedule-info.ts'
import { listedScheduleJson } from './schedule-json.ts'
import {
  adminSeatsRoute,
  adminSeatStatesRoute,
  seatEventsRoute,
  seatLayoutRoute,
  seatRoute,
  seatsRoute,
  seatStatesRoute,
} from './seat-openapi.ts'
import type { Coding, SharedBody } from './shared-body.ts'
import {
  scheduleForAdmin,
  scheduleForAdmitted,
  showLayout,
  showSeat,
  showSeats,
  showSeatStates,
  streamSeats,
} from './show-seats.ts'

type Exchange = Pick<RouteInput<RouteSpec>, 'request' | 'response'>

const RECONNECT_MS = 2_000
// Caches may keep a map for one person only and have to ask again each time, since the waiting room decides who sees it.
const FOR_ONE_PERSON = 'private, no-cache'
const FOR_GOOD = 'public, max-age=31536000, immutable'

/** Seats: for those who were let in, and for admins; the layout for everybody. */
export function addSeatRoutes(http: HttpServer, ctx: CatalogContext): void {
  const writeInfo = createInfoWriter(listedScheduleJson)

  http.handle(seatsRoute, async ({ params, query, caller, ...exchange }) => {
    const schedule = await scheduleForAdmitted(ctx, { ...params, ...caller })
    return sendMap(ctx, exchange, await showSeats(ctx, schedule, query, writeInfo))
  })

  http.handle(seatStatesRoute, async ({ params, caller, ...exchange }) => {
    const schedule = await scheduleForAdmitted(ctx, { ...params, ...caller })
    return sendMap(ctx, exchange, await showSeatStates(ctx, schedule, writeInfo))
  })

  http.handle(adminSeatsRoute, async ({ params, query, ...exchange }) => {
    const schedule = await scheduleForAdmin(ctx, params.scheduleId)
    return sendMap(ctx, exchange, await showSeats(ctx, schedule, query, writeInfo))
  })

  http.handle(adminSeatStatesRoute, async ({ params, ...exchange }) => {
    const schedule = await scheduleForAdmin(ctx, params.scheduleId)
    return sendMap(ctx, exchange, await showSeatStates(ctx, schedule, writeInfo))
  })

  http.handle(seatEventsRoute, async ({ params, headers, caller, response }) => {
    const lastEventId = headers['last-event-id']
    const open = (): EventStream => new EventStream(response, { retryMs: RECONNECT_MS })
    await streamSeats(ctx, { ...params, ...caller, lastEventId }, open)
    return undefined
  })

  http.handle(seatLayoutRoute, async ({ params, headers, request, response }) => {
    const body = await showLayout(ctx, params)
    const caching = { cacheControl: FOR_GOOD, ifNoneMatch: headers['if-none-match'] }
    return send(body, { ...caching, request, response })
  })

  // It comes last, because its path fits the others too.
  http.handle(seatRoute, async ({ params, caller }) => ({
    status: 200,
    data: await showSeat(ctx, { ...params, ...caller }),
    headers: { 'Cache-Control': FOR_ONE_PERSON },
  }))
}

/** Answers with the map, and counts whether it had changed. */
async function sendMap(
  { events }: Pick<CatalogContext, 'events'>,
  { request, response, headers }: Exchange & { headers: { 'if-none-match'?: string | undefined } },
  body: SharedBody,
): Promise<Reply | undefined> {
  const reply = await send(body, { ifNoneMatch: headers['if-none-match'], request, response })
  events.seatMapAnswered(reply === undefined ? 200 : 304)
  return reply
}

/** Answers with a shared body in the coding that the client takes, or with 304 where it has this one already. */
async function send(
  body: SharedBody,
  options: Exchange & { ifNoneMatch: string | undefined; cacheControl?: string },
): Promise<Reply | undefined> {
  const { request, response, ifNoneMatch, cacheControl = FOR_ONE_PERSON } = options
  const headers = { ETag: body.tag, 'Cache-Control': cacheControl, Vary: 'Accept-Encoding' }
  if (matchesTag(ifNoneMatch, body.tag)) return { status: 304, headers }
  const coding = chooseCoding(request)
  const bytes = await body.in(coding)
  response.writeHead(200, {
    ...headers,
    ...(coding === 'identity' ? {} : { 'Content-Encoding': coding }),
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': bytes.length,
  })
  response.end(bytes)
  return undefined
}

/** The smallest one that the client takes. */
function chooseCoding(request: Exchange['request']): Coding {
  if (request.headers['accept-encoding'] === undefined) return 'identity'
  if (request.acceptsEncodings('br') !== false) return 'br'
  return request.acceptsEncodings('gzip') === false ? 'identity' : 'gzip'
}
