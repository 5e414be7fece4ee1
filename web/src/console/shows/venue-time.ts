import type { CalendarDateTime } from '@internationalized/date'
import { parseAbsolute, parseDateTime, toCalendarDateTime, toZoned } from '@internationalized/date'

/** What is wrong with a time of a venue. `skipped`: clocks jump over it that night; `twice`: clocks are set back, so it comes twice. */
type VenueTimeProblem = 'none' | 'skipped' | 'twice'

/** A moment, or why the time that was entered is none. */
type VenueTime = { at: string } | { problem: VenueTimeProblem }

/** The moment (ISO 8601 in UTC) at which clocks in a time zone show what a `datetime-local` field has: `2027-03-01T19:30`. */
export function momentAt(local: string, timeZone: string): VenueTime {
  const wall = readWall(local)
  if (wall === undefined) return { problem: 'none' }
  const earlier = toZoned(wall, timeZone, 'earlier')
  const later = toZoned(wall, timeZone, 'later')
  if (toCalendarDateTime(earlier).compare(wall) !== 0) return { problem: 'skipped' }
  if (earlier.compare(later) !== 0) return { problem: 'twice' }
  return { at: earlier.toAbsoluteString() }
}

/** What clocks in a time zone show at a moment, as a `datetime-local` field takes it. */
export function venueClock(at: string, timeZone: string): string {
  return toCalendarDateTime(parseAbsolute(at, timeZone)).toString().slice(0, 'yyyy-mm-ddThh:mm'.length)
}

function readWall(local: string): CalendarDateTime | undefined {
  try {
    return parseDateTime(local)
  } catch {
    return undefined
  }
}
