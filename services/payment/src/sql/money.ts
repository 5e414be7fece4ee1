import type { Queryable } from '@frontrow/postgres/pool'
import { HELD_SINCE } from './purchase-sagas.ts'

/** The money of one schedule; amounts are in the smallest unit of the currency. */
export interface Money {
  /** Those that are approved, refunded or at work. */
  payments: number
  taken: number
  refunded: number
  pendingPayments: number
  pendingAmount: number
  /** Of payments whose money is taken, or may be, and whose buyer has no ticket. */
  heldPayments: number
  heldAmount: number
  /** Of the one that waits longest; null where there is none. */
  heldSeconds: number | null
  countedAt: Date
}

/** Adds up the payments of a schedule. */
export async function sumMoney(db: Queryable, scheduleId: number): Promise<Money> {
  // It has no name, so that it is planned each time: a plan of an empty table would read all payments later. What is settled is found by its
  // own index, and what is at work by that of the deadlines.
  const { rows } = await db.query<Money>({
    text: `WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS at),
           settled AS (
             SELECT count(*) AS payments, coalesce(sum(amount), 0)::bigint AS taken,
               coalesce(sum(amount) FILTER (WHERE status = 'REFUNDED'), 0)::bigint AS refunded
             FROM payments WHERE schedule_id = $1 AND status IN ('APPROVED', 'REFUNDED')
           ), at_work AS MATERIALIZED (
             SELECT p.status, p.amount, s.money_taken, s.money_taken OR s.state = 'REFUNDING' AS is_held,
               CASE WHEN s.money_taken OR s.state = 'REFUNDING' THEN ${HELD_SINCE} END AS since
             FROM purchase_sagas s CROSS JOIN LATERAL (
               SELECT schedule_id, status, amount, paid_at, created_at FROM payments WHERE payment_id = s.payment_id OFFSET 0) AS p
             WHERE s.deadline_at IS NOT NULL AND p.schedule_id = $1
           ), moving AS (
             SELECT count(*) AS payments, count(*) FILTER (WHERE status = 'PENDING') AS pending_payments,
               coalesce(sum(amount) FILTER (WHERE status = 'PENDING'), 0)::bigint AS pending_amount,
               coalesce(sum(amount) FILTER (WHERE status = 'PENDING' AND money_taken), 0)::bigint AS pending_taken,
               count(*) FILTER (WHERE is_held) AS held_payments,
               coalesce(sum(amount) FILTER (WHERE is_held), 0)::bigint AS held_amount, min(since) AS since
             FROM at_work
           )
           SELECT settled.payments + moving.payments AS payments, taken + pending_taken AS taken, refunded,
             pending_payments AS "pendingPayments", pending_amount AS "pendingAmount", held_payments AS "heldPayments",
             held_amount AS "heldAmount", CASE WHEN since IS NOT NULL THEN greatest(0, extract(epoch FROM at - since))::float8 END AS "heldSeconds", at AS "countedAt"
           FROM clock, settled, moving`,
    values: [scheduleId],
  })
  const [row] = rows
  if (row === undefined) throw new Error('a sum returned no row')
  return row
}
