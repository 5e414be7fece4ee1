import { createHash } from 'node:crypto'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import type { Queryable, Tx } from '@frontrow/postgres/pool'
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

/** What to do with a keyed request. */
export type Claim =
  /** Nothing was done yet (or the first try died without an effect): do it, then `storeAnswer` in the same transaction. */
  | { kind: 'new' }
  /** It was answered before: give the same answer again. */
  | { kind: 'replay'; status: number; response: unknown }
  /** It made `resourceId`, but no answer was stored: go on from there. */
  | { kind: 'resume'; resourceId: string }

interface KeyRow {
  request_hash: Buffer
  status: number | null
  response: unknown
  resource_id: string | null
  locked: boolean
}

/**
 * Claims a key in the transaction of the effect. A second request with the same key waits for that transaction, then
 * sees its row. Refuses with IDEMPOTENCY_KEY_REUSED (other content) or IDEMPOTENCY_IN_PROGRESS.
 */
export async function claimKey(tx: Tx, request: KeyedRequest, lockedForMs: number): Promise<Claim> {
  const hash = hashContent(request.content)
  const inserted = await tx.query({
    name: 'idempotency-claim',
    text: `INSERT INTO idempotency_keys (user_id, operation, idempotency_key, request_hash, locked_until)
           VALUES ($1, $2, $3, $4, clock_timestamp() + make_interval(secs => $5::float8 / 1000))
           ON CONFLICT DO NOTHING`,
    values: [request.userId, request.operation, request.key, hash, lockedForMs],
  })
  if (inserted.rowCount === 1) return { kind: 'new' }
  const { rows } = await tx.query<KeyRow>({
    name: 'idempotency-read',
    text: `SELECT request_hash, status, response, resource_id, locked_until > clock_timestamp() AS locked
           FROM idempotency_keys WHERE user_id = $1 AND operation = $2 AND idempotency_key = $3 FOR UPDATE`,
    values: [request.userId, request.operation, request.key],
  })
  const row = rows[0]
  if (row === undefined) throw new Error('an idempotency key vanished between two statements')
  if (!row.request_hash.equals(hash)) {
    throw generalRefusal('IDEMPOTENCY_KEY_REUSED', 'this Idempotency-Key was used with another request')
  }
  if (row.status !== null) return { kind: 'replay', status: row.status, response: row.response }
  if (row.locked) {
    throw generalRefusal(
      'IDEMPOTENCY_IN_PROGRESS',
      'the first request with this Idempotency-Key is still being worked on',
      {
        retryAfterSeconds: 1,
      },
    )
  }
  await relock(tx, request, lockedForMs)
  return row.resource_id === null ? { kind: 'new' } : { kind: 'resume', resourceId: row.resource_id }
}

async function relock(tx: Tx, request: KeyedRequest, lockedForMs: number): Promise<void> {
  await tx.query({
    name: 'idempotency-relock',
    text: `UPDATE idempotency_keys SET locked_until = clock_timestamp() + make_interval(secs => $4::float8 / 1000)
           WHERE user_id = $1 AND operation = $2 AND idempotency_key = $3`,
    values: [request.userId, request.operation, request.key, lockedForMs],
  })
}

/** Stores the id of what the operation made, before its answer is known. */
export async function storeResource(db: Queryable, request: KeyedRequest, resourceId: string): Promise<void> {
  await db.query({
    name: 'idempotency-store-resource',
    text: `UPDATE idempotency_keys SET resource_id = $4
           WHERE user_id = $1 AND operation = $2 AND idempotency_key = $3`,
    values: [request.userId, request.operation, request.key, resourceId],
  })
}

/** Stores the answer that every replay gets, and what was made where that is known only now. A second call changes nothing. */
export async function storeAnswer(
  db: Queryable,
  request: KeyedRequest,
  answer: { status: number; response: unknown; resourceId?: string },
): Promise<void> {
  await db.query({
    name: 'idempotency-store-answer',
    text: `UPDATE idempotency_keys SET status = $4, response = $5, resource_id = coalesce($6, resource_id)
           WHERE user_id = $1 AND operation = $2 AND idempotency_key = $3 AND status IS NULL`,
    values: [
      request.userId,
      request.operation,
      request.key,
      answer.status,
      JSON.stringify(answer.response),
      answer.resourceId ?? null,
    ],
  })
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

/** A hash of what a request asks for; the order of fields does not matter. */
export function hashContent(content: unknown): Buffer {
  return createHash('sha256').update(canonical(content)).digest()
}

// JSON with sorted keys, so that bodies that differ in the order of their fields only have the same hash.
function canonical(value: unknown): string {
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
 * Looks a key up without claiming it: its answer, or what it made so far, or undefined when there is neither. Routes use
 * it whose checks fail the second time, e.g. because the first request used the queue token up.
 */
export async function findClaim(
  db: Queryable,
  request: KeyedRequest,
): Promise<Exclude<Claim, { kind: 'new' }> | undefined> {
  const { rows } = await db.query<Omit<KeyRow, 'locked'>>({
    name: 'idempotency-find',
    text: `SELECT request_hash, status, response, resource_id FROM idempotency_keys
           WHERE user_id = $1 AND operation = $2 AND idempotency_key = $3`,
    values: [request.userId, request.operation, request.key],
  })
  const row = rows[0]
  if (row === undefined) return undefined
  if (!row.request_hash.equals(hashContent(request.content))) {
    throw generalRefusal('IDEMPOTENCY_KEY_REUSED', 'this Idempotency-Key was used with another request')
  }
  if (row.status !== null) return { kind: 'replay', status: row.status, response: row.response }
  return row.resource_id === null ? undefined : { kind: 'resume', resourceId: row.resource_id }
}

/** Ends the lock of a request that got a provisional answer, so that its retry is let in at once. */
export async function unlockKey(db: Queryable, request: KeyedRequest): Promise<void> {
  await db.query({
    name: 'idempotency-unlock',
    text: `UPDATE idempotency_keys SET locked_until = now()
           WHERE user_id = $1 AND operation = $2 AND idempotency_key = $3 AND status IS NULL`,
    values: [request.userId, request.operation, request.key],
  })
}
