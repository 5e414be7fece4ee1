import type { HttpServer } from '@frontrow/service-host/http-server'
import { toCursor } from '@frontrow/values/page'
import { changeScheduleStatus } from './change-schedule-status.ts'
import { changeVenue, createVenue } from './change-venue.ts'
import type { CatalogContext } from './context.ts'
import { createSchedule } from './create-schedule.ts'
import { getConcert } from './get-concert.ts'
import { getSchedule } from './get-schedule.ts'
import { listConcerts } from './list-concerts.ts'
import { listSchedules } from './list-schedules.ts'
import { listVenues } from './list-venues.ts'
import {
  changeScheduleRoute,
  changeVenueRoute,
  createConcertRoute,
  createScheduleRoute,
  createVenueRoute,
  getConcertRoute,
  getScheduleRoute,
  listConcertsRoute,
  listSchedulesRoute,
  listVenuesRoute,
} from './openapi.ts'
import { mayHaveWritten, notingWrites, readsFor } from './read-own-writes.ts'
import { concertJson, listedScheduleJson, scheduleJson, venueJson } from './schedule-json.ts'
import { addSeatRoutes } from './seat-http.ts'
import { insertConcert } from './sql/concerts.ts'
import { readSchedule } from './sql/schedules.ts'

/** The REST side: concerts and schedules for everybody, seats for those who were let in, and what admins do. */
export function addRoutes(http: HttpServer, ctx: CatalogContext): void {
  // The seat routes are added first, since those who were let in ask for them again and again.
  addSeatRoutes(http, ctx)
  addPublicRoutes(http, ctx)
  addAdminRoutes(notingWrites(http, ctx.reads), ctx)
}

function addPublicRoutes(http: HttpServer, ctx: CatalogContext): void {
  http.handle(listConcertsRoute, async ({ query, request }) => {
    const page = { query: query.query, beforeConcertId: query.cursor, limit: query.limit }
    const { concerts, nextConcertId } = await readsFor(request, ctx).run((pool) =>
      listConcerts({ pool }, page),
    )
    const nextCursor = nextConcertId === null ? null : toCursor(nextConcertId)
    return { status: 200, data: { items: concerts.map(concertJson), nextCursor } }
  })

  http.handle(getConcertRoute, async ({ params, request }) => {
    const concert = await readsFor(request, ctx).run((pool) => getConcert({ pool }, params.concertId))
    return { status: 200, data: concertJson(concert) }
  })

  http.handle(listSchedulesRoute, async ({ params, query, request }) => {
    const { status, ...dates } = query
    const wanted = { concertId: params.concertId, dates, status }
    const schedules = await listSchedules({ ...ctx, reads: readsFor(request, ctx) }, wanted)
    return { status: 200, data: schedules.map(listedScheduleJson) }
  })

  http.handle(getScheduleRoute, async ({ params, request }) => {
    const { grades, ...schedule } = await getSchedule(mayHaveWritten(request) ? uncached(ctx) : ctx, params)
    return { status: 200, data: { ...scheduleJson(schedule), grades } }
  })
}

/** Schedules as they are now, instead of up to a second old. */
function uncached(ctx: CatalogContext): Parameters<typeof getSchedule>[0] {
  return { ...ctx, schedules: { get: (scheduleId) => readSchedule(ctx.pool, scheduleId) } }
}

function addAdminRoutes(http: Pick<HttpServer, 'handle'>, ctx: CatalogContext): void {
  http.handle(createVenueRoute, async ({ body }) => {
    const { address = null, city = null } = body
    return { status: 201, data: venueJson(await createVenue(ctx, { ...body, address, city })) }
  })

  http.handle(listVenuesRoute, async ({ query }) => {
    const { venues, nextVenueId } = await listVenues(ctx, { beforeVenueId: query.cursor, limit: query.limit })
    const nextCursor = nextVenueId === null ? null : toCursor(nextVenueId)
    return { status: 200, data: { items: venues.map(venueJson), nextCursor } }
  })

  http.handle(changeVenueRoute, async ({ params, body }) => ({
    status: 200,
    data: venueJson(await changeVenue(ctx, params.venueId, body)),
  }))

  http.handle(createConcertRoute, async ({ body }) => {
    const { title, artist = null, description = null } = body
    const concert = await insertConcert(ctx.pool, { title, artist, description })
    ctx.events.concertCreated(concert.concertId)
    return {
      status: 201,
      data: concertJson(concert),
      headers: { Location: `/api/v1/concerts/${concert.concertId}` },
    }
  })

  http.handle(createScheduleRoute, async ({ params, body }) => {
    const { waitingRoomOpenAt, ...rest } = body
    const { concertId } = params
    const { scheduleId } = await createSchedule(ctx, { ...rest, waitingRoomOpenAt, concertId })
    const { grades, ...schedule } = await getSchedule(ctx, { concertId, scheduleId })
    return {
      status: 201,
      data: { ...scheduleJson(schedule), grades },
      headers: { Location: `/api/v1/concerts/${concertId}/schedules/${scheduleId}` },
    }
  })

  http.handle(changeScheduleRoute, async ({ params, body }) => {
    const schedule = await changeScheduleStatus(ctx, params.scheduleId, body.status)
    const [availableSeats = 0] = await ctx.seatsLeft.of([schedule])
    return { status: 200, data: scheduleJson({ ...schedule, availableSeats }) }
  })
}
