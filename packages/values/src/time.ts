import { z } from 'zod'

const FIRST = new Date('2000-01-01T00:00:00Z')
const AFTER_LAST = new Date('3000-01-01T00:00:00Z')

/** A moment as the API and messages write it: ISO 8601 in UTC. */
export const time = z.iso.datetime()

/**
 * A moment as clients write it. Its range is checked after the offset is applied, because `9999-12-31T23:59:59-01:00` is of a year with
 * five digits.
 */
export const timeInput = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .refine((moment) => moment >= FIRST && moment < AFTER_LAST, 'must be in the years 2000 to 2999, in UTC')
  .meta({
    description: 'ISO 8601 with Z or an offset, of the years 2000 to 2999 in UTC.',
    example: '2035-03-01T10:00:00Z',
    override: { pattern: '^2[0-9]{3}-' },
  })

/** A day of the calendar, YYYY-MM-DD. PostgreSQL has no year 0. */
export const date = z.iso.date().refine((day) => !day.startsWith('0000'), 'must be in the year 1 or later')

/** What a time zone that nobody knows is told. */
export const TIME_ZONE_RULE = 'must be a name of the IANA time zone database, e.g. Asia/Seoul'

/** A time zone that Node and browsers know. Offsets such as +09:00, which they also take, are no names. */
export const timeZone = z.string().refine(isKnownTimeZone, TIME_ZONE_RULE).meta({
  description: 'Name in the IANA time zone database.',
  example: 'Asia/Seoul',
  format: 'iana-time-zone',
})

function isKnownTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
