import type { Say } from '../../words.ts'
import type { TypedFields } from '../form/typed-fields.ts'
import { momentAt } from './venue-time.ts'

/** The times of a performance, as the API names them; the first three it always has. */
export const timeFields = [
  'performanceAt',
  'bookingOpenAt',
  'bookingCloseAt',
  'waitingRoomOpenAt',
  'refundableUntil',
] as const

/** One of them. */
export type TimeField = (typeof timeFields)[number]

/** Which may be left empty. */
export const optionalTimes: ReadonlySet<TimeField> = new Set(['waitingRoomOpenAt', 'refundableUntil'])

/** What an empty field comes to; undefined for a time that can't be left out. */
export function timeHint(field: TimeField, t: Say): string | undefined {
  return field === 'waitingRoomOpenAt' || field === 'refundableUntil' ? t(`timeHint.${field}`) : undefined
}

/** Reads a time in the venue's zone as a moment; undefined where it may be and is left empty, and where it is wrong. */
export function readTime(
  fields: TypedFields,
  field: TimeField,
  timeZone: string,
  t: Say,
): string | undefined {
  const local = fields.raw(field)
  if (local === '' && optionalTimes.has(field)) return undefined
  const read = momentAt(local, timeZone)
  if ('at' in read) return read.at
  fields.note(field, t(`typed.time.${read.problem}`))
  return undefined
}

/** Notes what is out of order among moments, which the API would refuse as well: said before anything is sent. */
export function noteOrder(
  fields: TypedFields,
  times: Readonly<Partial<Record<TimeField, string | null | undefined>>>,
  t: Say,
): void {
  const { performanceAt, bookingOpenAt, bookingCloseAt, waitingRoomOpenAt, refundableUntil } = times
  if (isBefore(bookingCloseAt, bookingOpenAt, true)) fields.note('bookingCloseAt', t('rule.afterOpening'))
  if (isBefore(performanceAt, bookingCloseAt)) fields.note('bookingCloseAt', t('rule.notAfterShow'))
  if (isBefore(bookingOpenAt, waitingRoomOpenAt)) fields.note('waitingRoomOpenAt', t('rule.notAfterOpening'))
  if (isBefore(performanceAt, refundableUntil)) fields.note('refundableUntil', t('rule.notAfterShow'))
}

function isBefore(
  one: string | null | undefined,
  other: string | null | undefined,
  orEqual = false,
): boolean {
  if (typeof one !== 'string' || typeof other !== 'string') return false
  const apart = Date.parse(other) - Date.parse(one)
  return orEqual ? apart >= 0 : apart > 0
}
