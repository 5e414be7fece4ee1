import type { Queryable, Tx } from '@frontrow/postgres/pool'
import type { Fence, FenceStatus } from '../decide-payment-movement.ts'

/** The fence of one payment as it is stored, with the ids of its two replies. */
export interface StoredFence extends Fence {
  debitReplyId: string
  refundReplyId: string
}

/** Reads and locks the fences of payments, in the order of their ids. A payment has none before its first command. */
export async function lockFences(tx: Tx, paymentIds: readonly string[]): Promise<Map<string, StoredFence>> {
  const { rows } = await tx.query<StoredFence & { paymentId: string }>({
    name: 'payment-movements-lock',
    text: `SELECT payment_id AS "paymentId", user_id AS "userId", amount, status,
                  balance_after_debit AS "balanceAfterDebit", debit_reply_id AS "debitReplyId",
                  refund_reply_id AS "refundReplyId"
           FROM payment_movements WHERE payment_id = ANY ($1::uuid[]) ORDER BY payment_id FOR NO KEY UPDATE`,
    values: [paymentIds],
  })
  return new Map(rows.map(({ paymentId, ...fence }) => [paymentId, fence]))
}

/** Fences to write, by their payments. */
export interface FenceChanges {
  first: ReadonlyMap<string, StoredFence>
  /** Those that go from DEBITED to REFUNDED, which is the only change of a fence. */
  refunded: readonly string[]
}

/** Writes fences in one statement and returns how many it wrote: a payment that has a fence by now gets no first one. */
export async function saveFences(tx: Tx, { first, refunded }: FenceChanges): Promise<number> {
  const fences = [...first.values()]
  const { rowCount } = await tx.query({
    name: 'payment-movements-save',
    text: `WITH inserted AS (
             INSERT INTO payment_movements
               (payment_id, user_id, amount, status, balance_after_debit, debit_reply_id, refund_reply_id)
             SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::uuid[], $7::uuid[])
               AS f (payment_id, user_id, amount, status, balance_after_debit, debit_reply_id, refund_reply_id)
             ORDER BY payment_id
             ON CONFLICT DO NOTHING RETURNING payment_id
           ), refunded AS (
             UPDATE payment_movements SET status = 'REFUNDED', updated_at = clock_timestamp()
             WHERE payment_id = ANY ($8::uuid[]) AND status = 'DEBITED' RETURNING payment_id
           )
           SELECT payment_id FROM inserted UNION ALL SELECT payment_id FROM refunded`,
    values: [
      [...first.keys()],
      fences.map(({ userId }) => userId),
      fences.map(({ amount }) => amount),
      fences.map(({ status }) => status),
      fences.map(({ balanceAfterDebit }) => balanceAfterDebit),
      fences.map(({ debitReplyId }) => debitReplyId),
      fences.map(({ refundReplyId }) => refundReplyId),
      refunded,
    ],
  })
  return rowCount ?? 0
}

/** What the ledger says about one payment, beside its fence. */
export interface PaymentFact {
  paymentId: string
  status: FenceStatus
  amount: number
  debited: number
  refunded: number
  debitCount: number
  refundCount: number
}

/** Lists payments after `afterPaymentId`, in the order of their ids, with the sums of their entries in the user's wallet. */
export async function listPaymentFacts(
  db: Queryable,
  page: { afterPaymentId: string | undefined; limit: number },
): Promise<PaymentFact[]> {
  const { rows } = await db.query<PaymentFact>({
    name: 'payment-movement-list-facts',
    text: `SELECT m.payment_id AS "paymentId", m.status, m.amount, e.debited, e.refunded,
                  e.debit_count AS "debitCount", e.refund_count AS "refundCount"
           FROM (
             SELECT payment_id, status, amount FROM payment_movements
             WHERE $1::uuid IS NULL OR payment_id > $1 ORDER BY payment_id LIMIT $2
           ) AS m
           CROSS JOIN LATERAL (
             SELECT coalesce(sum(-amount) FILTER (WHERE kind = 'DEBIT'), 0)::bigint AS debited,
                    coalesce(sum(amount) FILTER (WHERE kind = 'REFUND'), 0)::bigint AS refunded,
                    count(*) FILTER (WHERE kind = 'DEBIT') AS debit_count,
                    count(*) FILTER (WHERE kind = 'REFUND') AS refund_count
             FROM ledger_entries
             WHERE payment_id = m.payment_id AND account = 'wallet' AND user_id IS NOT NULL
           ) AS e
           ORDER BY m.payment_id`,
    values: [page.afterPaymentId ?? null, page.limit],
  })
  return rows
}
