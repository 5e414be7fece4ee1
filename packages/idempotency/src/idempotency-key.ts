import { createHash } from 'node:crypto'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import type { Queryable, Tx } from '@frontrow/postgres/pool'
import { z } from 'zod'

/** The header's rule: 1 to 255 visible ASCII characters. */
export const idempotencyKeyHeader = z
  .string('Idempotency-Key is required')
  .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')

/** One request as its key sees it: the same user, operation, key and body are the same request. */
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
  /** First time (or the first one died without an effect): do it, then `storeAnswer` in the same transaction. */
  | { kind: 'new' }
  /** Done before: give the same answer again. */
  | { kind: 'replay'; status: number; response: unknown }
  /** The effect exists, its answer was never stored: go on with `resourceId`. */
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

/** Remembers what the operation made, before its answer is known. */
export async function storeResource(db: Queryable, request: KeyedRequest, resourceId: string): Promise<void> {
  await db.query({
    name: 'idempotency-store-resource',
    text: `UPDATE idempotency_keys SET resource_id = $4
           WHERE user_id = $1 AND operation = $2 AND idempotency_key = $3`,
    values: [request.userId, request.operation, request.key, resourceId],
  })
}

/** Remembers the answer that every replay gets, and what was made where both are known at once. The first one stays. */
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

/** Deletes keys older than `keepHours`, a bounded number a call; returns how many went. */
export async function tidyKeys(db: Queryable, keepHours: number): Promise<number> {
  const { rowCount } = await db.query(
    `DELETE FROM idempotency_keys WHERE ctid IN (
       SELECT ctid FROM idempotency_keys WHERE created_at < now() - make_interval(hours => $1) LIMIT 5000)`,
    [keepHours],
  )
  return rowCount ?? 0
}

function hashContent(content: unknown): Buffer {
  return createHash('sha256').update(canonical(content)).digest()
}

// JSON with sorted keys: two bodies that mean the same hash the same.
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
 * What a key has come to, without claiming it: its answer, or what it made so far, or undefined. For routes whose checks
 * would fail the second time, such as a queue token that the first request used up.
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

/** Ends the lock of a request that answered without a final answer, so that its retry is let in at once. */
export async function unlockKey(db: Queryable, request: KeyedRequest): Promise<void> {
  await db.query({
    name: 'idempotency-unlock',
    text: `UPDATE idempotency_keys SET locked_until = now()
           WHERE user_id = $1 AND operation = $2 AND idempotency_key = $3 AND status IS NULL`,
    values: [request.userId, request.operation, request.key],
  })
}
