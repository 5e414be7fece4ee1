import { refuse } from '@frontrow/proto/refusals'
import { formatEvent } from '@frontrow/service-host/event-stream'
import type { EventStream } from '@frontrow/service-host/event-stream'
import type { CatalogContext } from './context.ts'
import { scheduleOf } from './get-schedule.ts'
import type { MapHeading, SeatFilter, SeatMap, SeatState } from './seat-map.ts'
import type { SharedBody } from './shared-body.ts'
import type { Schedule } from './sql/schedules.ts'
import type { Seat } from './sql/seats.ts'

/** Writes a schedule with its seats left as JSON. */
export type WriteInfo = (schedule: Schedule, availableSeats: number) => string

/** Who wants to see which schedule's seats. */
export interface SeatsRequest {
  concertId: number
  scheduleId: number
  queueToken: string
  /** Undefined where no bearer token was sent; then the queue token alone counts. */
  userId: string | undefined
}

/**
 * The schedule whose seats are to be shown to somebody whom the waiting room has let in. Refuses with SCHEDULE_NOT_FOUND, or as
 * VerifyToken does.
 */
export async function scheduleForAdmitted(ctx: CatalogContext, request: SeatsRequest): Promise<Schedule> {
  const { concertId, scheduleId } = request
  const schedule = scheduleOf(concertId, scheduleId, await ctx.schedules.get(scheduleId))
  await ctx.verifyToken(tokenCheck(request))
  return schedule
}

/** The same for an admin, who needs no place in the waiting room. Refuses with SCHEDULE_NOT_FOUND. */
export async function scheduleForAdmin(
  ctx: Pick<CatalogContext, 'schedules'>,
  scheduleId: number,
): Promise<Schedule> {
  const schedule = await ctx.schedules.get(scheduleId)
  if (schedule === undefined) throw refuse('SCHEDULE_NOT_FOUND', `there is no schedule ${scheduleId}`)
  return schedule
}

/**
 * The seat map. Whoever may see it gets the same bytes, and so the same ETag. Refuses as ListTakenSeats does: a map without its taken
 * seats would send a crowd to seats that are gone.
 */
export async function showSeats(
  ctx: CatalogContext,
  schedule: Schedule,
  filter: SeatFilter,
  writeInfo: WriteInfo,
): Promise<SharedBody> {
  const { map, heading } = await readMap(ctx, schedule, writeInfo)
  return map.full(heading, filter)
}

/** The states of the same seats in their compact form. Refuses as `showSeats` does. */
export async function showSeatStates(
  ctx: CatalogContext,
  schedule: Schedule,
  writeInfo: WriteInfo,
): Promise<SharedBody> {
  const { map, heading } = await readMap(ctx, schedule, writeInfo)
  return map.compact(heading)
}

/** One of the seats. Refuses as `scheduleForAdmitted` and `showSeats` do, and with SEAT_NOT_FOUND. */
export async function showSeat(
  ctx: CatalogContext,
  request: SeatsRequest & { seatId: number },
): Promise<Seat & SeatState> {
  const { seatId, scheduleId } = request
  await scheduleForAdmitted(ctx, request)
  const seat = (await ctx.seatMaps.current(scheduleId)).seat(seatId)
  if (seat !== undefined) return seat
  throw refuse('SEAT_NOT_FOUND', `schedule ${scheduleId} has no seat ${seatId}`, {
    details: { seatIds: [seatId] },
  })
}

/** What never changes of the seats there are, or were when the layout had this version; no secret, so everybody may see it. Refuses with SCHEDULE_NOT_FOUND and SEAT_LAYOUT_NOT_FOUND. */
export async function showLayout(
  ctx: CatalogContext,
  request: { concertId: number; scheduleId: number; version: string },
): Promise<SharedBody> {
  const { concertId, scheduleId, version } = request
  scheduleOf(concertId, scheduleId, await ctx.schedules.get(scheduleId))
  const layout = await ctx.seatMaps.layoutOf(scheduleId, version)
  if (layout !== undefined) return layout
  throw refuse('SEAT_LAYOUT_NOT_FOUND', `the seats of schedule ${scheduleId} were never laid out so`)
}

/**
 * The changes of the same seats, for as long as the queue token is ACTIVE. Who comes back with the id of the last event is told what
 * changed since. Refuses as `scheduleForAdmitted` and `showSeats` do.
 */
export async function streamSeats(
  ctx: CatalogContext,
  request: SeatsRequest & { lastEventId: string | undefined },
  open: () => EventStream,
): Promise<void> {
  await scheduleForAdmitted(ctx, request)
  const follow = (): EventStream => {
    const stream = open()
    const unfollow = ctx.tokenWatch.follow(tokenCheck(request), (reason) =>
      stream.end(formatEvent('end', { reason })),
    )
    stream.onClose(unfollow)
    return stream
  }
  const person = request.userId ?? request.queueToken
  await ctx.seatChannels.join(request.scheduleId, request.lastEventId, follow, person)
}

async function readMap(
  ctx: CatalogContext,
  schedule: Schedule,
  writeInfo: WriteInfo,
): Promise<{ map: SeatMap; heading: MapHeading }> {
  const { concertId, scheduleId } = schedule
  const map = await ctx.seatMaps.current(scheduleId)
  const path = `/api/v1/concerts/${concertId}/schedules/${scheduleId}`
  const heading = {
    scheduleInfo: writeInfo(schedule, map.availableCount),
    layoutEndpoint: `${path}/seats/layout/${map.layoutVersion}`,
  }
  return { map, heading }
}

function tokenCheck({ queueToken, scheduleId, userId }: SeatsRequest) {
  return { token: queueToken, scheduleId, ...(userId === undefined ? {} : { userId }) }
}
