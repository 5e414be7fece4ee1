import type { Queryable } from '@frontrow/postgres/pool'

/** The first few rows that break a rule, and how many do in all. */
export interface Violations<T> {
  rows: T[]
  count: number
}

/** Counts wallets and entries, and sums up the whole ledger, which must come to 0. */
export async function countLedger(
  db: Queryable,
): Promise<{ wallets: number; entries: number; total: number }> {
  const { rows } = await db.query<{ wallets: number; entries: number; total: number }>(
    `SELECT (SELECT count(*) FROM wallets) AS wallets, count(*) AS entries,
            coalesce(sum(amount), 0)::bigint AS total
     FROM ledger_entries`,
  )
  return rows[0] ?? { wallets: 0, entries: 0, total: 0 }
}

/** Finds wallets whose balance is negative or not the sum of their entries, in one statement and so at one moment. */
export async function findWrongBalances(
  db: Queryable,
  limit: number,
): Promise<Violations<{ userId: string; balance: number; sum: number }>> {
  const { rows } = await db.query<{ userId: string; balance: number; sum: number; found: number }>(
    `SELECT user_id AS "userId", coalesce(w.balance, 0) AS balance, coalesce(e.total, 0) AS sum,
            count(*) OVER () AS found
     FROM wallets w
     FULL JOIN (
       SELECT user_id, sum(amount)::bigint AS total FROM ledger_entries WHERE account = 'wallet' GROUP BY user_id
     ) AS e USING (user_id)
     WHERE w.balance IS DISTINCT FROM coalesce(e.total, 0) OR w.balance < 0
     ORDER BY user_id LIMIT $1`,
    [limit],
  )
  return { rows, count: rows[0]?.found ?? 0 }
}

/** Finds transactions whose entries don't sum to zero. */
export async function findUnbalancedTransactions(
  db: Queryable,
  limit: number,
): Promise<Violations<{ transactionId: string; sum: number }>> {
  const { rows } = await db.query<{ transactionId: string; sum: number; found: number }>(
    `SELECT transaction_id AS "transactionId", sum(amount)::bigint AS sum, count(*) OVER () AS found
     FROM ledger_entries GROUP BY transaction_id HAVING sum(amount) <> 0 LIMIT $1`,
    [limit],
  )
  return { rows, count: rows[0]?.found ?? 0 }
}
