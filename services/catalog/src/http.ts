import type { HttpServer } from '@frontrow/service-host/http-server'
import { toCursor } from '@frontrow/values/page'
import { addAdminRoutes } from './admin-http.ts'
import type { CatalogContext } from './context.ts'
import { getConcert } from './get-concert.ts'
import { getSchedule } from './get-schedule.ts'
import { listConcerts } from './list-concerts.ts'
import { listSchedules } from './list-schedules.ts'
import { getConcertRoute, getScheduleRoute, listConcertsRoute, listSchedulesRoute } from './openapi.ts'
import { concertJson, listedScheduleJson, scheduleJson } from './schedule-json.ts'
import { addSeatRoutes } from './seat-http.ts'

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
      ...query,
      beforeConcertId: query.cursor,
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
