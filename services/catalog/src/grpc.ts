import { adminActionsPage, listAdminActions } from '@frontrow/admin-actions/list-admin-actions'
import { checkKeys } from '@frontrow/idempotency/audit'
import { checkMessages } from '@frontrow/messaging/audit'
import { auditCallers, catalogCallers } from '@frontrow/proto/callers'
import { refuse } from '@frontrow/proto/refusals'
import { AuditService, CatalogService } from '@frontrow/proto/services'
import { unaryHandler } from '@frontrow/service-host/grpc-server'
import type { ServiceHost } from '@frontrow/service-host/host'
import { id } from '@frontrow/values/ids'
import { z } from 'zod'
import type { CatalogContext } from './context.ts'
import { readSchedule } from './sql/schedules.ts'
import type { Schedule } from './sql/schedules.ts'
import { readSeatRuns, readSeats } from './sql/seats.ts'

const GetSchedule = z.object({ scheduleId: id })
const GetSeats = z.object({
  scheduleId: id,
  afterSeatId: z.int().nonnegative(),
  limit: z.int().min(1).max(2_000),
})
// With each seat a run of its own and the longest names there are, 10,000 take 3.3 MB; a client reads up to 4 MiB.
const GetSeatRuns = GetSeats.extend({ limit: z.int().min(1).max(10_000) })

/** The gRPC side: schedules and seats for other services, and this service's part of the audit. */
export function addServices(host: ServiceHost, ctx: CatalogContext): void {
  host.grpc.add(CatalogService.service, catalogCallers, {
    GetSchedule: unaryHandler(host, 'GetSchedule', GetSchedule, async (request) =>
      toMessage(found(request.scheduleId, await readSchedule(ctx.pool, request.scheduleId))),
    ),
    GetSeats: unaryHandler(host, 'GetSeats', GetSeats, async (request) => {
      const seats = await readSeats(ctx.pool, request.scheduleId, request)
      // Every schedule has seats, so only an empty page may mean that there is none.
      if (seats.length === 0) found(request.scheduleId, await readSchedule(ctx.pool, request.scheduleId))
      return { seats }
    }),
    GetSeatRuns: unaryHandler(host, 'GetSeatRuns', GetSeatRuns, async (request) => {
      const runs = await readSeatRuns(ctx.pool, request.scheduleId, request)
      if (runs.length === 0) found(request.scheduleId, await readSchedule(ctx.pool, request.scheduleId))
      return { runs }
    }),
  })
  host.grpc.add(AuditService.service, auditCallers, {
    CheckInvariants: unaryHandler(host, 'CheckInvariants', z.object({}), async () => ({
      invariants: [await checkMessages(ctx.pool, 'catalog'), await checkKeys(ctx.pool, 'catalog')],
    })),
    ListPaymentFacts: unaryHandler(host, 'ListPaymentFacts', z.object({}), async () => ({ facts: [] })),
    ListAdminActions: unaryHandler(host, 'ListAdminActions', adminActionsPage, async (page) => ({
      actions: await listAdminActions(ctx.pool, page),
    })),
  })
}

function found(scheduleId: number, schedule: Schedule | undefined): Schedule {
  if (schedule === undefined) throw refuse('SCHEDULE_NOT_FOUND', `there is no schedule ${scheduleId}`)
  return schedule
}

function toMessage(schedule: Schedule) {
  return {
    scheduleId: schedule.scheduleId,
    concertId: schedule.concertId,
    concertTitle: schedule.concertTitle,
    venueId: schedule.venueId,
    venueName: schedule.venueName,
    performanceAtMs: schedule.performanceAt.getTime(),
    waitingRoomOpenAtMs: schedule.waitingRoomOpenAt.getTime(),
    bookingOpenAtMs: schedule.bookingOpenAt.getTime(),
    bookingCloseAtMs: schedule.bookingCloseAt.getTime(),
    status: schedule.status,
    seatCount: schedule.seatCount,
    noOrphanSeats: schedule.noOrphanSeats,
    timeZone: schedule.timeZone,
    refundableUntilMs: schedule.refundableUntil?.getTime() ?? 0,
  }
}
