import type { HttpServer } from '@frontrow/service-host/http-server'
import { toCursor } from '@frontrow/values/page'
import { addSection } from './add-section.ts'
import {
  addSectionRoute,
  changeConcertRoute,
  changeScheduleRoute,
  changeSeatsRoute,
  changeVenueRoute,
  createConcertRoute,
  createVenueRoute,
  getAdminConcertRoute,
  getAdminScheduleRoute,
  getOwnRolesRoute,
  getVenueRoute,
  listAdminConcertsRoute,
  listAdminSchedulesRoute,
  listAllSchedulesRoute,
  listVenuesRoute,
} from './admin-openapi.ts'
import { toBookingCursor } from './booking-order.ts'
import { changeConcert, createConcert } from './change-concert.ts'
import { changeSchedule } from './change-schedule.ts'
import { changeSeats } from './change-seats.ts'
import { changeVenue, createVenue, getVenue } from './change-venue.ts'
import type { CatalogContext } from './context.ts'
import { createSchedule } from './create-schedule.ts'
import { versionTag } from '@frontrow/idempotency/version-tag'
import { followCancellation } from './follow-cancellation.ts'
import { getConcert } from './get-concert.ts'
import { getAdminSchedule } from './get-schedule.ts'
import { listAdminSchedules } from './list-admin-schedules.ts'
import { listAllSchedules } from './list-all-schedules.ts'
import { listConcerts } from './list-concerts.ts'
import { listVenues } from './list-venues.ts'
import { askTakenSeats } from './move-performance.ts'
import { createScheduleRoute } from './openapi.ts'
import { asShown, concertJson, scheduleDetailsJson, scheduleJson, venueJson } from './schedule-json.ts'
import { countSeatsLeft } from './seats-left.ts'
import { askThenWriteOnce, writeOnce } from '@frontrow/idempotency/write-once'

/** What admins do. Each write is done once for each Idempotency-Key. */
export function addAdminRoutes(http: Pick<HttpServer, 'handle'>, ctx: CatalogContext): void {
  addVenueRoutes(http, ctx)
  addConcertRoutes(http, ctx)
  addScheduleRoutes(http, ctx)
  http.handle(getOwnRolesRoute, ({ caller: { userId, roles } }) => ({
    status: 200,
    data: { userId, roles },
    headers: { 'Cache-Control': 'no-store' },
  }))
}

function addVenueRoutes(http: Pick<HttpServer, 'handle'>, ctx: CatalogContext): void {
  http.handle(createVenueRoute, ({ body, headers, caller }) => {
    const { address = null, city = null } = body
    const request = { operation: 'createVenue', caller, key: headers['idempotency-key'], content: body }
    return writeOnce(ctx, request, async (tx) => {
      const venue = await createVenue(ctx, tx, { ...body, address, city })
      const location = { Location: `/api/v1/admin/venues/${venue.venueId}` }
      return { status: 201, data: venueJson(venue), headers: { ...tagOf(venue), ...location } }
    })
  })

  http.handle(listVenuesRoute, async ({ query }) => {
    const { venues, nextVenueId } = await listVenues(ctx, { beforeVenueId: query.cursor, limit: query.limit })
    return { status: 200, data: { items: venues.map(venueJson), nextCursor: cursorOf(nextVenueId) } }
  })

  http.handle(getVenueRoute, async ({ params }) => {
    const venue = await getVenue(ctx, params.venueId)
    return { status: 200, data: venueJson(venue), headers: tagOf(venue) }
  })

  http.handle(changeVenueRoute, ({ params, body, headers, caller }) => {
    const content = { ...params, ...body }
    const request = { operation: 'changeVenue', caller, key: headers['idempotency-key'], content }
    return writeOnce(ctx, request, async (tx) => {
      const venue = await changeVenue(ctx, tx, { ...content, ifMatch: headers['if-match'] })
      return { status: 200, data: venueJson(venue), headers: tagOf(venue) }
    })
  })
}

function addConcertRoutes(http: Pick<HttpServer, 'handle'>, ctx: CatalogContext): void {
  http.handle(createConcertRoute, ({ body, headers, caller }) => {
    const { title, artist = null, description = null } = body
    const request = { operation: 'createConcert', caller, key: headers['idempotency-key'], content: body }
    return writeOnce(ctx, request, async (tx) => {
      const concert = await createConcert(ctx, tx, { title, artist, description })
      const location = { Location: `/api/v1/concerts/${concert.concertId}` }
      return { status: 201, data: concertJson(concert), headers: { ...tagOf(concert), ...location } }
    })
  })

  http.handle(listAdminConcertsRoute, async ({ query }) => {
    const { concerts, nextConcertId } = await listConcerts(ctx, { ...query, beforeConcertId: query.cursor })
    return { status: 200, data: { items: concerts.map(concertJson), nextCursor: cursorOf(nextConcertId) } }
  })

  http.handle(getAdminConcertRoute, async ({ params }) => {
    const concert = await getConcert(ctx, params.concertId)
    return { status: 200, data: concertJson(concert), headers: tagOf(concert) }
  })

  http.handle(changeConcertRoute, ({ params, body, headers, caller }) => {
    const content = { ...params, ...body }
    const request = { operation: 'changeConcert', caller, key: headers['idempotency-key'], content }
    return writeOnce(ctx, request, async (tx) => {
      const concert = await changeConcert(ctx, tx, { ...content, ifMatch: headers['if-match'] })
      return { status: 200, data: concertJson(concert), headers: tagOf(concert) }
    })
  })
}

function addScheduleRoutes(http: Pick<HttpServer, 'handle'>, ctx: CatalogContext): void {
  http.handle(createScheduleRoute, ({ params, body, headers, caller }) => {
    const { concertId } = params
    const content = { ...params, ...body }
    const request = { operation: 'createSchedule', caller, key: headers['idempotency-key'], content }
    return writeOnce(ctx, request, async (tx) => {
      const { waitingRoomOpenAt, refundableUntil = null } = body
      const schedule = await createSchedule(ctx, tx, { ...content, waitingRoomOpenAt, refundableUntil })
      const location = { Location: `/api/v1/concerts/${concertId}/schedules/${schedule.scheduleId}` }
      return {
        status: 201,
        data: scheduleDetailsJson(asShown(schedule, ctx.now())),
        headers: { ...tagOf(schedule), ...location },
      }
    })
  })

  http.handle(listAdminSchedulesRoute, async ({ params, query }) => {
    const { schedules, nextScheduleId } = await listAdminSchedules(ctx, {
      ...params,
      status: query.status,
      beforeScheduleId: query.cursor,
      limit: query.limit,
    })
    return { status: 200, data: { items: schedules.map(scheduleJson), nextCursor: cursorOf(nextScheduleId) } }
  })

  http.handle(listAllSchedulesRoute, async ({ query: { cursor, ...query } }) => {
    const { schedules, next } = await listAllSchedules(ctx, { ...query, after: cursor })
    const nextCursor = next === null ? null : toBookingCursor(next)
    return { status: 200, data: { items: schedules.map(scheduleJson), nextCursor } }
  })

  http.handle(getAdminScheduleRoute, async ({ params }) => {
    const schedule = await getAdminSchedule(ctx, params.scheduleId)
    const cancellation = await followCancellation(ctx, schedule)
    return {
      status: 200,
      data: { ...scheduleDetailsJson(schedule), cancellation },
      headers: tagOf(schedule),
    }
  })

  http.handle(changeScheduleRoute, ({ params, body, headers, caller }) => {
    const content = { ...params, ...body }
    const request = { operation: 'changeSchedule', caller, key: headers['idempotency-key'], content }
    const ask = () => askTakenSeats(ctx, content)
    return askThenWriteOnce(ctx, request, ask, async (tx, taken) => {
      const schedule = await changeSchedule(ctx, tx, { ...content, ifMatch: headers['if-match'], taken })
      const availableSeats = await countSeatsLeft(tx, schedule)
      const shown = { ...asShown(schedule, ctx.now()), availableSeats }
      return { status: 200, data: scheduleJson(shown), headers: tagOf(schedule) }
    })
  })

  http.handle(addSectionRoute, ({ params, body, headers, caller }) => {
    const content = { ...params, ...body }
    const request = { operation: 'addSection', caller, key: headers['idempotency-key'], content }
    return writeOnce(ctx, request, async (tx) => {
      const { scheduleId } = params
      const schedule = await addSection(ctx, tx, { scheduleId, section: body, ifMatch: headers['if-match'] })
      const shown = asShown(schedule, ctx.now())
      const location = { Location: `/api/v1/admin/schedules/${scheduleId}` }
      return {
        status: 201,
        data: scheduleDetailsJson(shown),
        headers: { ...tagOf(schedule), ...location },
      }
    })
  })

  http.handle(changeSeatsRoute, ({ params, body, headers, caller }) => {
    // The same seats in another order are the same request.
    const seatIds = body.seatIds.toSorted((a, b) => a - b)
    const content = { ...params, ...body, seatIds }
    const request = { operation: 'changeSeats', caller, key: headers['idempotency-key'], content }
    const ask = () => changeSeats(ctx, { ...content, ifMatch: headers['if-match'] })
    return askThenWriteOnce(ctx, request, ask, async (_tx, changedSeatIds) => {
      const { scheduleId, status } = content
      return { status: 200, data: { scheduleId, status, changedSeatIds }, headers: {} }
    })
  })
}

function tagOf({ version }: { version: number }): { ETag: string } {
  return { ETag: versionTag(version) }
}

function cursorOf(nextId: number | null): string | null {
  return nextId === null ? null : toCursor(nextId)
}
