import { createHash } from 'node:crypto'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import type { Queryable } from '@frontrow/postgres/pool'
import { z } from 'zod'

/** The header's rule: 1 to 255 visible ASCII characters. */
export const idempotencyKeyHeader = z
  .string('Idempotency-Key is required')
  .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')

/** A request with an Idempotency-Key. Equal user, operation, key and content make it the same request. */
export interface KeyedRequest {
  userId: string
  /** Names the route, so that one key can be used on several. */
  operation: string
  key: string
  /** The parsed body and path; the order of its fields does not matter. */
  content: unknown
}

/** Deletes keys that are older than `keepHours`, 5,000 at most; returns how many. */
export async function tidyKeys(db: Queryable, keepHours: number): Promise<number> {
  const { rowCount } = await db.query(
    `DELETE FROM idempotency_keys WHERE ctid IN (
       SELECT ctid FROM idempotency_keys WHERE created_at < now() - make_interval(hours => $1) LIMIT 5000)`,
    [keepHours],
  )
  return rowCount ?? 0
}

/** What `request_hash` holds. Equal contents have equal hashes, whatever the order of their fields. */
export function hashContent(content: unknown): Buffer {
  return createHash('sha256').update(canonical(content)).digest()
}

// JSON with sorted keys, so that bodies that differ in the order of their fields only have the same hash.
function canonical(value: unknown): string {
  // Its fields are nothing, so that all moments would be the same.
  if (value instanceof Date) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
    return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}

/**
 * The answer that was given to this request before, or undefined. Routes use it whose checks fail the second time, e.g. because
 * the first request used the queue token up. Refuses with IDEMPOTENCY_KEY_REUSED where the key was used with other content.
 */
export async function findAnswer(
  db: Queryable,
  request: KeyedRequest,
): Promise<{ response: unknown } | undefined> {
  const { rows } = await db.query<{ hash: Buffer; response: unknown }>({
    name: 'idempotency-find',
    text: `SELECT request_hash AS hash, response FROM idempotency_keys
           WHERE user_id = $1 AND operation = $2 AND idempotency_key = $3`,
    values: [request.userId, request.operation, request.key],
  })
  const row = rows[0]
  if (row === undefined) return undefined
  if (!row.hash.equals(hashContent(request.content))) {
    throw generalRefusal('IDEMPOTENCY_KEY_REUSED', 'this Idempotency-Key was used with another request')
  }
  return { response: row.response }
}
