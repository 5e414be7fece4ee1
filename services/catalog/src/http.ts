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
import { asShown, concertJson, listedScheduleJson, scheduleJson, venueJson } from './schedule-json.ts'
import { addSeatRoutes } from './seat-http.ts'
import { insertConcert } from './sql/concerts.ts'

/** The REST side: concerts and schedules for everybody, seats for those who were let in, and what admins do. */
export function addRoutes(http: HttpServer, ctx: CatalogContext): void {
  // The seat routes are added first, since those who were let in ask for them again and again.
  addSeatRoutes(http, ctx)
  addPublicRoutes(http, ctx)
  addAdminRoutes(http, ctx)
}

function addPublicRoutes(http: HttpServer, ctx: CatalogContext): void {
  http.handle(listConcertsRoute, async ({ query }) => {
    const { concerts, nextConcertId } = await listConcerts(ctx, {
      query: query.query,
      beforeConcertId: query.cursor,
      limit: query.limit,
    })
    const nextCursor = nextConcertId === null ? null : toCursor(nextConcertId)
    return { status: 200, data: { items: concerts.map(concertJson), nextCursor } }
  })

  http.handle(getConcertRoute, async ({ params }) => ({
    status: 200,
    data: concertJson(await getConcert(ctx, params.concertId)),
  }))

  http.handle(listSchedulesRoute, async ({ params, query }) => {
    const { status, ...dates } = query
    const schedules = await listSchedules(ctx, { concertId: params.concertId, dates, status })
    return { status: 200, data: schedules.map(listedScheduleJson) }
  })

  http.handle(getScheduleRoute, async ({ params }) => {
    const { grades, ...schedule } = await getSchedule(ctx, params)
    return { status: 200, data: { ...scheduleJson(schedule), grades } }
  })
}

function addAdminRoutes(http: HttpServer, ctx: CatalogContext): void {
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
    return { status: 200, data: scheduleJson({ ...asShown(schedule, ctx.now()), availableSeats }) }
  })
}
