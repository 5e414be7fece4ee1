import type { EventStream } from '@frontrow/service-host/event-stream'
import type { CatalogContext } from './context.ts'
import { scheduleOf } from './get-schedule.ts'
import type { ListedSchedule } from './list-schedules.ts'
import type { RenderedSeats, SeatFilter } from './seat-map.ts'
import type { Schedule } from './sql/schedules.ts'

/** Who wants to see which schedule's seats. */
export interface SeatsRequest {
  concertId: number
  scheduleId: number
  queueToken: string
  /** Undefined where no bearer token was sent; then the queue token alone counts. */
  userId: string | undefined
}

/**
 * The seat map, for those whom the waiting room has let in. Refuses with SCHEDULE_NOT_FOUND, or as VerifyToken and
 * ListTakenSeats do: a map without its taken seats would send a crowd to seats that are gone.
 */
export async function showSeats(
  ctx: CatalogContext,
  request: SeatsRequest,
  filter: SeatFilter,
  toInfo: (schedule: ListedSchedule) => object,
): Promise<RenderedSeats> {
  const { schedule } = await checkAdmission(ctx, request)
  const map = await ctx.seatMaps.current(request.scheduleId)
  return map.render(toInfo({ ...schedule, availableSeats: map.availableCount }), filter)
}

/** The changes of the same seats, for as long as the queue token is ACTIVE. Refuses as `showSeats` does. */
export async function streamSeats(
  ctx: CatalogContext,
  request: SeatsRequest,
  open: () => EventStream,
): Promise<void> {
  const { activeUntilMs } = await checkAdmission(ctx, request)
  await ctx.seatChannels.join(request.scheduleId, activeUntilMs, open)
}

async function checkAdmission(
  ctx: CatalogContext,
  { concertId, scheduleId, queueToken, userId }: SeatsRequest,
): Promise<{ schedule: Schedule; activeUntilMs: number }> {
  const schedule = scheduleOf(concertId, scheduleId, await ctx.schedules.get(scheduleId))
  const { activeUntilMs } = await ctx.verifyToken({
    token: queueToken,
    scheduleId,
    ...(userId === undefined ? {} : { userId }),
  })
  return { schedule, activeUntilMs }
}
