import { z } from 'zod'

/** What a time zone that nobody knows is told. */
export const TIME_ZONE_RULE = 'must be a name of the IANA time zone database, e.g. Asia/Seoul'

/** A time zone that Node and browsers know. Offsets such as +09:00, which they also take, are no names. */
export const timeZone = z
  .string()
  .refine(isKnownTimeZone, TIME_ZONE_RULE)
  .meta({ description: 'Name in the IANA time zone database.', example: 'Asia/Seoul' })

function isKnownTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
