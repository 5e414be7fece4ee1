import type { HttpServer } from '@frontrow/service-host/http-server'
import { toCursor } from '@frontrow/values/page'
import { addAdminRoutes } from './admin-http.ts'
import type { CatalogContext } from './context.ts'
import { getConcert } from './get-concert.ts'
import { getSchedule } from './get-schedule.ts'
import { listConcerts } from './list-concerts.ts'
import { listSchedules } from './list-schedules.ts'
import { getConcertRoute, getScheduleRoute, listConcertsRoute, listSchedulesRoute } from './openapi.ts'
import { mayHaveWritten, notingWrites, readsFor } from './read-own-writes.ts'
import { asShown, concertJson, listedScheduleJson, scheduleJson } from './schedule-json.ts'
import { addSeatRoutes } from './seat-http.ts'
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
    const page = { ...query, beforeConcertId: query.cursor }
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
    const { grades, ...schedule } = await getSchedule(
      mayHaveWritten(request, ctx) ? uncached(ctx) : ctx,
      params,
    )
    return { status: 200, data: { ...scheduleJson(schedule), grades } }
  })
}

/** Schedules as they are now, instead of up to a second old. */
function uncached(ctx: CatalogContext): Parameters<typeof getSchedule>[0] {
  return {
    ...ctx,
    schedules: {
      get: async (scheduleId) => {
        const found = await readSchedule(ctx.pool, scheduleId)
        return found === undefined ? undefined : asShown(found, ctx.now())
      },
    },
  }
}
