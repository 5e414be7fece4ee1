import { inReadTransaction } from '@frontrow/postgres/transaction'
import type { BookingCursor } from './booking-order.ts'
import type { CatalogContext } from './context.ts'
import type { ListedSchedule } from './list-schedules.ts'
import { asShown } from './schedule-json.ts'
import { readSchedulesByBooking } from './sql/schedules.ts'
import type { BookingPage, Schedule, ScheduleStatus } from './sql/schedules.ts'

/**
 * A page of all concerts' schedules: those that are shown as ON_SALE by the opening of their booking, then the others, the latest opening
 * first. The moment that tells the two apart is that of the first page, which the cursors carry on; so no schedule changes places between
 * two pages because time has passed.
 */
export async function listAllSchedules(
  ctx: Pick<CatalogContext, 'pool' | 'seatsLeft' | 'now'>,
  wanted: {
    query?: string | undefined
    status?: ScheduleStatus | undefined
    after: BookingCursor | undefined
    limit: number
  },
): Promise<{ schedules: ListedSchedule[]; next: BookingCursor | null }> {
  const { query, status, after, limit } = wanted
  const asOf = after === undefined ? ctx.now() : new Date(after.asOfMs)
  const found = await readPage(ctx, { query, status, asOf, limit: limit + 1 }, after)
  const shown = found.slice(0, limit).map((schedule) => asShown(schedule, asOf))
  const seatsLeft = await ctx.seatsLeft.of(shown)
  const last = found.length > limit ? shown.at(-1) : undefined
  return {
    schedules: shown.map((schedule, index) => ({
      // It is ordered as of the first page, and shown as of now.
      ...asShown(schedule, ctx.now()),
      availableSeats: seatsLeft[index] ?? 0,
    })),
    next: last === undefined ? null : cursorAt(last, asOf),
  }
}

function readPage(
  { pool }: Pick<CatalogContext, 'pool'>,
  page: Omit<BookingPage, 'isOnSale' | 'after'>,
  after: BookingCursor | undefined,
): Promise<Schedule[]> {
  const { status } = page
  return inReadTransaction(pool, async (tx) => {
    const isPastOnSale = after?.isOnSale === false
    const onSale =
      isPastOnSale || (status ?? 'ON_SALE') !== 'ON_SALE'
        ? []
        : await readSchedulesByBooking(tx, { ...page, isOnSale: true, after })
    const missing = page.limit - onSale.length
    if (missing === 0 || status === 'ON_SALE') return onSale
    const off = { ...page, isOnSale: false, after: isPastOnSale ? after : undefined, limit: missing }
    return [...onSale, ...(await readSchedulesByBooking(tx, off))]
  })
}

/** `last` is as it is shown at `asOf`. */
function cursorAt(last: Schedule, asOf: Date): BookingCursor {
  return {
    asOfMs: asOf.getTime(),
    isOnSale: last.status === 'ON_SALE',
    bookingOpenAtMs: last.bookingOpenAt.getTime(),
    scheduleId: last.scheduleId,
  }
}
