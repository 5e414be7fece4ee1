import type { HttpServer } from '@frontrow/service-host/http-server'
import type { Context } from '../context.ts'
import { createGetSales } from './get-sales.ts'
import { getSalesRoute } from './openapi.ts'

/** Adds the route that tells how a schedule sells. */
export function addSalesRoutes(http: HttpServer, ctx: Context): void {
  const getSales = createGetSales(ctx)
  http.handle(getSalesRoute, async ({ params: { scheduleId } }) => {
    const { countedAt, ...sales } = await getSales(scheduleId)
    const data = { scheduleId, ...sales, serverTime: countedAt.toISOString() }
    return { status: 200, data, headers: { 'Cache-Control': 'no-store' } }
  })
}
