import type { Queryable, Tx } from '@frontrow/postgres/pool'
import type { Fence, FenceStatus } from '../decide-payment-movement.ts'

/** The fence of one payment as it is stored, with the ids of its two replies. */
export interface StoredFence extends Fence {
  debitReplyId: string
  refundReplyId: string
}

interface FenceRow {
  user_id: string
  amount: number
  status: FenceStatus
  balance_after_debit: number | null
  debit_reply_id: string
  refund_reply_id: string
}

/** Reads and locks the fence of a payment. It is undefined before the payment's first command. */
export async function lockFence(tx: Tx, paymentId: string): Promise<StoredFence | undefined> {
  const { rows } = await tx.query<FenceRow>({
    name: 'payment-movement-lock',
    text: `SELECT user_id, amount, status, balance_after_debit, debit_reply_id, refund_reply_id
           FROM payment_movements WHERE payment_id = $1 FOR UPDATE`,
    values: [paymentId],
  })
  const row = rows[0]
  if (row === undefined) return undefined
  return {
    userId: row.user_id,
    amount: row.amount,
    status: row.status,
    balanceAfterDebit: row.balance_after_debit,
    debitReplyId: row.debit_reply_id,
    refundReplyId: row.refund_reply_id,
  }
}

/** Inserts the fence of a payment. Fails on `payment_movements_pkey` where another transaction was quicker. */
export async function insertFence(tx: Tx, paymentId: string, fence: StoredFence): Promise<void> {
  await tx.query({
    name: 'payment-movement-insert',
    text: `INSERT INTO payment_movements
             (payment_id, user_id, amount, status, balance_after_debit, debit_reply_id, refund_reply_id)
           VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    values: [
      paymentId,
      fence.userId,
      fence.amount,
      fence.status,
      fence.balanceAfterDebit,
      fence.debitReplyId,
      fence.refundReplyId,
    ],
  })
}

/** Moves a fence from DEBITED to REFUNDED, which is the only change of a fence. Throws where it is not DEBITED. */
export async function markRefunded(tx: Tx, paymentId: string): Promise<void> {
  const { rowCount } = await tx.query({
    name: 'payment-movement-mark-refunded',
    text: `UPDATE payment_movements SET status = 'REFUNDED', updated_at = clock_timestamp()
           WHERE payment_id = $1 AND status = 'DEBITED'`,
    values: [paymentId],
  })
  if (rowCount !== 1) throw new Error(`payment ${paymentId} is not DEBITED`)
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
