import { z } from 'zod'
import { pathId, uuid } from './ids.ts'

/** How many items a page has at most, up to `max`. It is written in decimal digits only, and checked once it is read. */
export function limitTo(max: number) {
  const rule = `must be a whole number from 1 to ${max}`
  return z
    .preprocess(
      (text) => (typeof text === 'string' && /^[1-9]\d*$/.test(text) ? Number(text) : text),
      z.int(rule).min(1, rule).max(max, rule),
    )
    .default(20)
    .meta({ description: 'Items of the page at most; 20 where it is left out.', example: 20, default: 20 })
}

/** The limit of most lists. */
export const limit = limitTo(100)

/** The `nextCursor` of a page: the id of the last item shown; opaque, so that it can become something else. */
export function toCursor(lastId: number | string): string {
  return Buffer.from(String(lastId)).toString('base64url')
}

function cursor<Id extends number | string>(lastId: z.ZodType<Id>) {
  return z
    .string()
    .min(1)
    .max(64)
    .transform((text, context) => {
      const read = lastId.safeParse(Buffer.from(text, 'base64url').toString('latin1'))
      if (read.success && toCursor(read.data) === text) return read.data
      context.addIssue({ code: 'custom', message: 'must be the nextCursor of a page of this list' })
      return z.NEVER
    })
    .meta({ description: '`nextCursor` of the page before.' })
}

/** The cursor of a list of things with numbers. */
export const idCursor = cursor(pathId)

/** The cursor of a list of things with UUIDs. */
export const uuidCursor = cursor(uuid)
