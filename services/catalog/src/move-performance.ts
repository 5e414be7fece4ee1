import { refuse } from '@frontrow/proto/refusals'
import type { CatalogContext } from './context.ts'
import { readSchedule } from './sql/schedules.ts'
import type { Schedule } from './sql/schedules.ts'

/**
 * Nobody can hold any more when booking has been closed for so long. The reservation service goes on with the schedule that it remembers
 * for up to 5 minutes (STALE_MAX_MS there) while it can't ask for it, and a hold or the attempt of a job that has looked at it ends within
 * seconds; the rest is for clocks that differ.
 */
export const SETTLED_MS = 360_000

/** Who had seats of a schedule at a version of it. */
export interface TakenAtVersion {
  version: number
  heldSeats: number
  soldSeats: number
}

/**
 * The last moment up to `now` at which booking was open; null where it never was. An opening counts from `SETTLED_MS` before it, because
 * others who remember it may go on to open after it was changed.
 */
export function lastOpenAt(
  schedule: Pick<Schedule, 'status' | 'bookingOpenAt' | 'bookingCloseAt' | 'lastOpenAt'>,
  now: Date,
): Date | null {
  const isOpenSoon = schedule.bookingOpenAt.getTime() - now.getTime() <= SETTLED_MS
  if (schedule.status !== 'ON_SALE' || !isOpenSoon) return schedule.lastOpenAt
  return schedule.bookingCloseAt < now ? schedule.bookingCloseAt : now
}

function movableFrom(schedule: Schedule, now: Date): Date {
  const last = lastOpenAt(schedule, now)
  return last === null ? now : new Date(last.getTime() + SETTLED_MS)
}

/**
 * Asks the reservation service who has seats, where `performanceAt` is another one than now and may move. This is done before the
 * transaction of the change, which `requireMovable` then lets through only where the schedule is still of this version.
 */
export async function askTakenSeats(
  ctx: Pick<CatalogContext, 'pool' | 'now' | 'listTakenSeats'>,
  { scheduleId, performanceAt }: { scheduleId: number; performanceAt?: Date | undefined },
): Promise<TakenAtVersion | undefined> {
  if (performanceAt === undefined) return undefined
  const schedule = await readSchedule(ctx.pool, scheduleId)
  const now = ctx.now()
  if (schedule === undefined || movableFrom(schedule, now) > now) return undefined
  if (schedule.performanceAt.getTime() === performanceAt.getTime()) return undefined
  const { heldSeatIds, soldSeatIds } = await ctx.listTakenSeats({ scheduleId })
  return { version: schedule.version, heldSeats: heldSeatIds.length, soldSeats: soldSeatIds.length }
}

/**
 * Who has a seat was promised its date, so `performanceAt` moves only while nobody has one and nobody can get one. Refuses with
 * SCHEDULE_NOT_CHANGEABLE, or with PRECONDITION_FAILED where somebody else has changed the schedule since `taken` was asked.
 */
export function requireMovable(schedule: Schedule, now: Date, taken: TakenAtVersion | undefined): void {
  const field = 'performanceAt'
  const from = movableFrom(schedule, now)
  if (from > now) {
    const movableAt = from.toISOString()
    const isOpen = from.getTime() === now.getTime() + SETTLED_MS
    const wait = `${SETTLED_MS / 60_000} minutes`
    throw isOpen
      ? refuse(
          'SCHEDULE_NOT_CHANGEABLE',
          `${field}: booking is open, or opens within ${wait}: close the schedule first, and move it ${wait} later`,
          { details: { field, movableAt: null } },
        )
      : refuse(
          'SCHEDULE_NOT_CHANGEABLE',
          `${field}: booking was open a moment ago, and somebody may still be holding seats: move it from ${movableAt} on`,
          { details: { field, movableAt } },
        )
  }
  if (taken?.version !== schedule.version) {
    throw refuse('PRECONDITION_FAILED', 'somebody else has changed the schedule meanwhile: read it again')
  }
  const { heldSeats, soldSeats } = taken
  if (heldSeats + soldSeats === 0) return
  throw refuse(
    'SCHEDULE_NOT_CHANGEABLE',
    `${field}: ${heldSeats} seats are held and ${soldSeats} sold for it as it is; holds end within minutes, for sold seats make a new schedule and cancel this one`,
    { details: { field, heldSeats, soldSeats } },
  )
}
