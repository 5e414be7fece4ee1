import type { Queryable, Tx } from '@frontrow/postgres/pool'

/** PENDING: the outcome is not known. VOIDED: the money was wanted back, and none had been taken. */
export type CaptureStatus = 'PENDING' | 'CAPTURED' | 'DECLINED' | 'REFUNDED' | 'VOIDED'

/** Work at the card provider for one payment, leased to the caller. */
export interface CardWork {
  paymentId: string
  amount: number
  cardToken: string | null
  wanted: 'CAPTURED' | 'REFUNDED'
  status: CaptureStatus
  providerReference: string | null
  attempts: number
}

/** Asks for the money of these payments to be given back. The worker first finds out whether it was taken. */
export async function orderRefunds(tx: Tx, paymentIds: readonly string[]): Promise<void> {
  await tx.query({
    name: 'captures-order-refunds',
    text: `UPDATE card_captures SET wanted = 'REFUNDED', leased_until = NULL, updated_at = now()
           WHERE payment_id = ANY ($1::uuid[]) AND wanted = 'CAPTURED'`,
    values: [paymentIds],
  })
}

/**
 * Leases up to `limit` payments with open work. The lease of a worker that dies runs out, and the next worker's call to the
 * provider carries the same idempotency key. A lease grows with the attempts, up to 64 s.
 */
export async function leaseWork(db: Queryable, leaseMs: number, limit: number): Promise<CardWork[]> {
  const { rows } = await db.query<CardWork>({
    name: 'captures-lease',
    text: `UPDATE card_captures SET attempts = attempts + 1,
             leased_until = now() + make_interval(secs => greatest($1::float8 / 1000, power(2, least(attempts, 10) - 4)))
           WHERE payment_id IN (
             SELECT payment_id FROM card_captures
             WHERE ((wanted = 'CAPTURED' AND status = 'PENDING')
                 OR (wanted = 'REFUNDED' AND status IN ('PENDING', 'CAPTURED')))
               AND (leased_until IS NULL OR leased_until < now())
             ORDER BY updated_at LIMIT $2 FOR UPDATE SKIP LOCKED)
           RETURNING payment_id AS "paymentId", amount, card_token AS "cardToken", wanted, status,
             provider_reference AS "providerReference", attempts`,
    values: [leaseMs, limit],
  })
  return rows
}

/** Stores a failure that says nothing of the outcome, and replaces the lease: the next try may begin in `retryInMs`. */
export async function noteFailure(
  db: Queryable,
  paymentId: string,
  error: string,
  retryInMs: number,
): Promise<void> {
  await db.query({
    name: 'captures-note-failure',
    text: `UPDATE card_captures SET last_error = $2, leased_until = now() + make_interval(secs => $3::float8 / 1000),
             updated_at = now() WHERE payment_id = $1`,
    values: [paymentId, error.slice(0, 500), retryInMs],
  })
}

/** Stores an outcome. Returns false where another worker was first; the saga is then not to be told again. */
export async function storeOutcome(
  tx: Tx,
  paymentId: string,
  outcome: { from: readonly CaptureStatus[]; to: CaptureStatus; providerReference: string | null },
): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'captures-store-outcome',
    text: `UPDATE card_captures SET status = $3, provider_reference = coalesce($4, provider_reference), last_error = NULL,
             leased_until = NULL, attempts = 0, updated_at = now(),
             card_token = CASE WHEN $3 IN ('DECLINED', 'REFUNDED', 'VOIDED') THEN NULL ELSE card_token END
           WHERE payment_id = $1 AND status = ANY($2)`,
    values: [paymentId, outcome.from, outcome.to, outcome.providerReference],
  })
  return rowCount === 1
}
