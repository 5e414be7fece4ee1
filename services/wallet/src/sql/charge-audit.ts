import type { Queryable } from '@frontrow/postgres/pool'
import type { Violations } from './ledger-audit.ts'

/** A charge that breaks a rule, and how. */
export interface WrongCharge {
  chargeId: string
  what: string
}

/** Counts charges that went through a card provider. */
export async function countPaidCharges(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ charges: number }>(
    'SELECT count(*) AS charges FROM charges WHERE capture_status IS NOT NULL',
  )
  return rows[0]?.charges ?? 0
}

/**
 * Finds charges whose money is not where it belongs, in one statement and so at one moment. What was captured of a charge that FAILED
 * may be on its way back for `settledSeconds`. Charges of before the card provider are looked at for their entries only.
 */
export async function findWrongCharges(
  db: Queryable,
  { settledSeconds, limit }: { settledSeconds: number; limit: number },
): Promise<Violations<WrongCharge>> {
  const { rows } = await db.query<WrongCharge & { found: number }>(
    `WITH booked AS (
       SELECT transaction_id, count(*) AS entries, sum(amount)::bigint AS amount FROM ledger_entries
       WHERE kind = 'CHARGE' AND account = 'wallet' GROUP BY transaction_id
     ), shared AS (
       SELECT provider_reference FROM charges WHERE provider_reference IS NOT NULL
       GROUP BY provider_reference HAVING count(*) > 1
     ), judged AS (
       SELECT coalesce(c.charge_id, b.transaction_id) AS charge_id, CASE
         WHEN c.charge_id IS NULL THEN 'put ' || b.amount || ' into a wallet, and is no charge'
         WHEN c.status = 'CHARGED' AND (b.entries IS DISTINCT FROM 1 OR b.amount IS DISTINCT FROM c.amount)
           THEN 'is CHARGED with ' || c.amount || ', and put ' || coalesce(b.amount, 0) || ' into the wallet'
         WHEN c.status <> 'CHARGED' AND b.entries IS NOT NULL
           THEN 'is ' || c.status || ', and put ' || b.amount || ' into the wallet'
         WHEN c.status = 'CHARGED' AND c.capture_status <> 'CAPTURED'
           THEN 'is CHARGED, and its capture is ' || c.capture_status
         WHEN c.provider_reference IN (SELECT provider_reference FROM shared)
           THEN 'shares capture ' || c.provider_reference || ' with another charge'
         WHEN c.status = 'FAILED' AND c.capture_status IN ('PENDING', 'CAPTURED')
           AND c.finished_at < now() - make_interval(secs => $1)
           THEN 'FAILED at ' || to_char(c.finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || ', and '
             || CASE capture_status WHEN 'CAPTURED' THEN 'capture ' || provider_reference || ' is not given back'
                ELSE 'whether the money was taken is not known' END
             || coalesce(' (' || c.last_error || ')', '')
       END AS what
       FROM charges c FULL JOIN booked b ON b.transaction_id = c.charge_id
     )
     SELECT charge_id AS "chargeId", what, count(*) OVER () AS found FROM judged
     WHERE what IS NOT NULL ORDER BY charge_id LIMIT $2`,
    [settledSeconds, limit],
  )
  return { rows, count: rows[0]?.found ?? 0 }
}
