import { writeOnce } from '@frontrow/idempotency/write-once'
import type { HttpServer } from '@frontrow/service-host/http-server'
import type { Context } from '../context.ts'
import { ownerFor } from '../get-reservations.ts'
import { checkIn, getCheckIns } from './check-in.ts'
import type { Admitted } from './check-in.ts'
import { getTickets } from './get-tickets.ts'
import type { Tickets } from './get-tickets.ts'
import { checkInTicketRoute, getCheckInsRoute, getTicketKeysRoute, getTicketsRoute } from './openapi.ts'

/** Adds the routes of tickets and doors. */
export function addTicketRoutes(http: HttpServer, ctx: Context): void {
  http.handle(getTicketsRoute, async ({ params, caller }) => {
    const found = await getTickets(ctx, { ...params, owner: ownerFor(caller) })
    // Who has the code has the seat.
    return { status: 200, data: toTicketsJson(found), headers: { 'Cache-Control': 'no-store' } }
  })

  // Written without the envelope of other answers, because libraries that read key sets know this shape only.
  http.handle(getTicketKeysRoute, ({ response }) => {
    response.setHeader('Content-Type', 'application/jwk-set+json')
    response.setHeader('Cache-Control', 'public, max-age=300')
    response.end(JSON.stringify({ keys: ctx.ticketCodes.publishedKeys }))
    return undefined
  })

  http.handle(checkInTicketRoute, ({ body, headers, caller }) =>
    writeOnce(
      ctx,
      { operation: 'checkInTicket', caller, key: headers['idempotency-key'], content: body },
      async (tx) => {
        const admitted = await checkIn(ctx, tx, {
          code: body.code,
          scheduleId: body.scheduleId,
          checkedInBy: caller.userId,
        })
        return { status: 200, data: toAdmittedJson(admitted), headers: {} }
      },
    ),
  )

  http.handle(getCheckInsRoute, async ({ params: { scheduleId } }) => {
    return { status: 200, data: { scheduleId, ...(await getCheckIns(ctx, scheduleId)) } }
  })
}

function toTicketsJson({ reservation, schedule, tickets }: Tickets): object {
  const { reservationId, reservationNumber, scheduleId } = reservation
  return {
    reservationId,
    reservationNumber,
    scheduleId,
    schedule,
    tickets: tickets.map(({ seat, code, checkedInAt }) => ({
      seat,
      code,
      checkedInAt: checkedInAt?.toISOString() ?? null,
    })),
  }
}

function toAdmittedJson({ reservation, seat, checkedInAt, checkedInBy }: Admitted): object {
  const { reservationId, reservationNumber, scheduleId } = reservation
  return {
    reservationId,
    reservationNumber,
    scheduleId,
    seat,
    checkedInAt: checkedInAt.toISOString(),
    checkedInBy,
  }
}
