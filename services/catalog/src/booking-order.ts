import { pathId } from '@frontrow/values/ids'
import { z } from 'zod'

/** The last schedule of a page, in the order of `listAllSchedules`, and the moment that the list is of. */
export interface BookingCursor {
  /** When the first page was read; milliseconds since the epoch. */
  asOfMs: number
  isOnSale: boolean
  bookingOpenAtMs: number
  scheduleId: number
}

/** The `nextCursor` of a page. */
export function toBookingCursor({ asOfMs, isOnSale, bookingOpenAtMs, scheduleId }: BookingCursor): string {
  return Buffer.from([asOfMs, isOnSale ? 1 : 0, bookingOpenAtMs, scheduleId].join(',')).toString('base64url')
}

// Schedules are of the years 2000 to 2999; this goes on to 5138, which PostgreSQL has a date for.
const ms = z
  .string()
  .regex(/^(?:0|[1-9][0-9]{0,13})$/)
  .transform(Number)
const parts = z.tuple([ms, z.enum(['0', '1']), ms, pathId])

/** The cursor of that list. */
export const bookingCursor = z
  .string()
  .max(100)
  .transform((text, context): BookingCursor => {
    const read = parts.safeParse(Buffer.from(text, 'base64url').toString('latin1').split(','))
    if (read.success) {
      const [asOfMs, part, bookingOpenAtMs, scheduleId] = read.data
      const cursor = { asOfMs, isOnSale: part === '1', bookingOpenAtMs, scheduleId }
      if (toBookingCursor(cursor) === text) return cursor
    }
    context.addIssue({ code: 'custom', message: 'must be the nextCursor of a page of this list' })
    return z.NEVER
  })
  .meta({ description: '`nextCursor` of the page before.' })
