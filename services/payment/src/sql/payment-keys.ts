import { keysInvariant } from '@frontrow/idempotency/audit'
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

/** A payment with the hash of the request that began it. */
export type KeyedPayment = Payment & { requestHash: Buffer }

/** Finds the payments that requests with these users and keys began, in the order of the keys, whatever their content was. */
export async function findPaymentsByKey(
  db: Queryable,
  keys: readonly Pick<PaymentKey, 'userId' | 'idempotencyKey'>[],
): Promise<(KeyedPayment | undefined)[]> {
  const { rows } = await db.query<KeyedPayment & { place: number }>({
    name: 'payments-find-by-key',
    text: `SELECT ${PAYMENT_COLUMNS}, request_hash AS "requestHash", place
           FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted (user_id, idempotency_key, place)
             JOIN payments USING (user_id, idempotency_key)`,
    values: [keys.map(({ userId }) => userId), keys.map(({ idempotencyKey }) => idempotencyKey)],
  })
  const found = new Map(rows.map(({ place, ...payment }) => [place - 1, payment]))
  return keys.map((_key, index) => found.get(index))
}

const SHOWN_MAX = 10

/**
 * Checks invariant 6 as far as the payments show it: one that is paid says when, because a repeat after a refund is answered by that.
 * That no key began two payments is not looked for, since the unique index payments_key keeps them out.
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
