import type { Say } from '../../words.ts'
import { TypedFields } from '../form/typed-fields.ts'
import type { Checked, Values } from '../form/use-form.ts'
import { noteOrder, readTime } from './schedule-times.ts'
import { countSections, readSection } from './section-fields.ts'
import type { NewSchedule, Venue } from './show-queries.ts'

/** The fields of a new date as they begin, at the newest venue. */
export function firstNewDate(venues: readonly Venue[]): Values {
  return {
    venueId: String(venues[0]?.venueId ?? ''),
    performanceAt: '',
    bookingOpenAt: '',
    bookingCloseAt: '',
    waitingRoomOpenAt: '',
    refundableUntil: '',
    noOrphanSeats: '',
    'sections.0.section': '',
    'sections.0.grade': '',
    'sections.0.price': '',
    'sections.0.rows': '',
    'sections.0.seatsPerRow': '',
  }
}

/** The venue that is chosen. */
export function chosenVenue({ venueId }: Values, venues: readonly Venue[]): Venue | undefined {
  return venues.find((venue) => String(venue.venueId) === venueId)
}

/** The date as the API takes it, or what is wrong with it; `digits` are those of the currency's smaller unit. */
export function checkNewDate(
  values: Values,
  venues: readonly Venue[],
  digits: number,
  t: Say,
): Checked<NewSchedule> {
  const fields = new TypedFields(values, t)
  const venue = chosenVenue(values, venues)
  if (venue === undefined) fields.note('venueId', t('typed.none'))
  const timeZone = venue?.timeZone ?? 'UTC'
  const performanceAt = readTime(fields, 'performanceAt', timeZone, t)
  const bookingOpenAt = readTime(fields, 'bookingOpenAt', timeZone, t)
  const bookingCloseAt = readTime(fields, 'bookingCloseAt', timeZone, t)
  const waitingRoomOpenAt = readTime(fields, 'waitingRoomOpenAt', timeZone, t)
  const refundableUntil = readTime(fields, 'refundableUntil', timeZone, t)
  noteOrder(fields, { performanceAt, bookingOpenAt, bookingCloseAt, waitingRoomOpenAt, refundableUntil }, t)
  const sections = Array.from({ length: countSections(values) }, (_, at) =>
    readSection(fields, at, digits, t),
  )
  // A time that is missing here has its problem noted, so that the body is never sent.
  return fields.checked({
    venueId: venue?.venueId ?? 0,
    performanceAt: performanceAt ?? '',
    bookingOpenAt: bookingOpenAt ?? '',
    bookingCloseAt: bookingCloseAt ?? '',
    ...(waitingRoomOpenAt === undefined ? {} : { waitingRoomOpenAt }),
    ...(refundableUntil === undefined ? {} : { refundableUntil }),
    noOrphanSeats: values['noOrphanSeats'] === 'yes',
    sections,
  })
}
