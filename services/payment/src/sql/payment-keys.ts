import { keysInvariant } from '@frontrow/idempotency/audit'
import type { StoredRefusal } from '@frontrow/idempotency/stored-refusal'
import type { InvariantCheck } from '@frontrow/messaging/audit'
import type { Queryable } from '@frontrow/postgres/pool'
import { PAYMENT_COLUMNS } from './payments.ts'
import type { Payment } from './payments.ts'

/** The Idempotency-Key of a request to pay. Equal user, key and hash make it the same request. */
export interface PaymentKey {
  userId: string
  idempotencyKey: string
  requestHash: Buffer
}

/** What came of the request that a key was first used with. */
export interface KeyedRequest {
  requestHash: Buffer
  /** The payment that it wanted to begin; null where it was refused before. */
  wantedPaymentId: string | null
  /** Null where there is none: it was refused, or its reservation had another live payment. */
  payment: Payment | null
  /** Null where the reservation had another live payment. */
  refusal: StoredRefusal | null
}

type KeyedRow = Omit<KeyedRequest, 'payment'> & { place: number } & Partial<Payment>

/** Finds what came of the requests with these users and keys, in the order of the keys, whatever their content was. */
export async function findRequestsByKey(
  db: Queryable,
  keys: readonly Pick<PaymentKey, 'userId' | 'idempotencyKey'>[],
): Promise<(KeyedRequest | undefined)[]> {
  const { rows } = await db.query<KeyedRow>({
    name: 'payment-requests-find',
    text: `SELECT place, r.request_hash AS "requestHash", r.payment_id AS "wantedPaymentId", r.refusal, p.*
           FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted (user_id, idempotency_key, place)
             CROSS JOIN LATERAL (
               SELECT request_hash, payment_id, refusal FROM payment_requests q
               WHERE q.user_id = wanted.user_id AND q.idempotency_key = wanted.idempotency_key OFFSET 0) AS r
             LEFT JOIN LATERAL (
               SELECT ${PAYMENT_COLUMNS} FROM payments WHERE payment_id = r.payment_id OFFSET 0) AS p ON true`,
    values: [keys.map(({ userId }) => userId), keys.map(({ idempotencyKey }) => idempotencyKey)],
  })
  const found = new Map(rows.map((row) => [row.place - 1, toKeyedRequest(row)]))
  return keys.map((_key, index) => found.get(index))
}

function toKeyedRequest({ requestHash, wantedPaymentId, refusal, ...row }: KeyedRow): KeyedRequest {
  const { place: _place, ...payment } = row
  return { requestHash, wantedPaymentId, refusal, payment: isPayment(payment) ? payment : null }
}

function isPayment(row: Partial<Payment>): row is Payment {
  return typeof row.paymentId === 'string'
}

/**
 * Stores refusals under their keys. Returns for each whether it was: of two with one key the first is, and none is whose key has been used
 * before. Keys are written in their order, so that two instances can't wait for each other.
 */
export async function insertRefusedRequests(
  db: Queryable,
  requests: readonly { key: PaymentKey; refusal: StoredRefusal }[],
): Promise<boolean[]> {
  const { rows } = await db.query<{ place: number }>({
    name: 'payment-requests-insert-refused',
    text: `WITH wanted AS (
             SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::json[])
               WITH ORDINALITY AS wanted (user_id, idempotency_key, request_hash, refusal, place)
           ), stored AS (
             INSERT INTO payment_requests (user_id, idempotency_key, request_hash, refusal)
             SELECT user_id, idempotency_key, request_hash, refusal FROM wanted ORDER BY user_id, idempotency_key, place
             ON CONFLICT DO NOTHING RETURNING user_id, idempotency_key
           )
           SELECT min(place) AS place FROM stored JOIN wanted USING (user_id, idempotency_key)
           GROUP BY user_id, idempotency_key`,
    values: [
      requests.map(({ key }) => key.userId),
      requests.map(({ key }) => key.idempotencyKey),
      requests.map(({ key }) => key.requestHash),
      requests.map(({ refusal }) => JSON.stringify(refusal)),
    ],
  })
  const stored = new Set(rows.map(({ place }) => place - 1))
  return requests.map((_request, index) => stored.has(index))
}

/** Forgets refusals that are older than `keepHours`, 5,000 at most; returns how many. Their keys are free then. */
export async function tidyRefusedRequests(db: Queryable, keepHours: number): Promise<number> {
  const { rowCount } = await db.query(
    `DELETE FROM payment_requests WHERE ctid = ANY (ARRAY (
       SELECT ctid FROM payment_requests
       WHERE refusal IS NOT NULL AND created_at < now() - make_interval(hours => $1) LIMIT 5000))`,
    [keepHours],
  )
  return rowCount ?? 0
}

const SHOWN_MAX = 10

/**
 * Checks invariant 6 as far as the payments show it: one that is paid says when, because a repeat after a refund is answered by that.
 * That no key began two payments is not looked for, since the primary key of payment_requests keeps them out.
 */
export async function checkPaymentKeys(db: Queryable): Promise<InvariantCheck> {
  const { rows: counts } = await db.query<{ checked: number }>(
    `SELECT count(*) AS checked FROM payments WHERE status = 'APPROVED'`,
  )
  const { rows } = await db.query<{ paymentId: string; total: number }>(
    `SELECT payment_id AS "paymentId", count(*) OVER () AS total
     FROM payments WHERE status = 'APPROVED' AND paid_at IS NULL LIMIT $1`,
    [SHOWN_MAX],
  )
  return {
    ...keysInvariant,
    checked: counts[0]?.checked ?? 0,
    violationCount: rows[0]?.total ?? 0,
    violations: rows.map(
      ({ paymentId }) => `payment: ${paymentId} is APPROVED, and does not say when it was paid`,
    ),
  }
}
