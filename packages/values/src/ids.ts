import { z } from 'zod'

/** A number that names a row: from 1 up, as far as a JSON number is exact. */
export const id = z.int().positive()

const PATH_ID_RULE = 'must be a whole number from 1 up'

/** The same in a path or a query: decimal digits only, so that `1e0`, `0x1` and ` 1` are not other spellings of 1. */
export const pathId = z
  .preprocess(
    (text) => (typeof text === 'string' && /^[1-9][0-9]{0,15}$/.test(text) ? Number(text) : undefined),
    z.int(PATH_ID_RULE).positive(PATH_ID_RULE),
  )
  .meta({ example: 1 })

/** A UUID in the form that PostgreSQL writes and compares, so that its spelling does not make it another one. Of any version. */
export const uuid = z.guid('must be a UUID').toLowerCase()

/** What a wrong user id is told. */
export const USER_ID_RULE = 'must be 1 to 64 characters without control characters'

/**
 * A user: the subject of a token, as it is there, since the identity provider may have two whose forms differ. PostgreSQL stores no
 * NUL, and the other control characters don't belong in log lines. Halves of surrogate pairs would all be stored as the same
 * replacement character, so that two users would become one.
 */
export const userId = z
  .string()
  // Control characters; programs in other languages, which read this in the API reference, know no \p{…}.
  .regex(new RegExp(String.raw`^[^\x00-\x1f\x7f-\x9f]{1,64}$`, 'u'), USER_ID_RULE)
  .refine((text) => text.isWellFormed(), USER_ID_RULE)
  .meta({ description: "The token's subject.", example: '101' })

/** A user id in a body, where a JSON number is read as its decimal string. */
export const userIdInput = z
  .union([userId, z.int().transform(String)], `${USER_ID_RULE}, or a whole number`)
  .meta({ description: "The caller's own id; only admins may name somebody else.", example: '101' })

/** Above all UUIDs that are ever made: a page of a list that is read by falling ids begins below it. */
export const HIGHEST_UUID = 'ffffffff-ffff-ffff-ffff-ffffffffffff'
