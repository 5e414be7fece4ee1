import type { Queryable } from '@frontrow/postgres/pool'

/** What always holds of the ledger. `sql` selects a line of text for each row that breaks it, in a fixed order. */
export interface LedgerRule {
  name: string
  sql: string
  /** Whether GET /admin/audit checks it too, whose answer is waited for. */
  isInAudit?: boolean
}

/** How many rows break a rule, and the first of them, each as one line. */
export interface Broken {
  count: number
  lines: string[]
}

// The entries of wallets alone, which are one side of each movement.
const PERSONS = `ledger_entries WHERE account = 'wallet'`

/** All rules of the wallet's own schema. Each is one statement, and so looks at one moment. */
export const ledgerRules: readonly LedgerRule[] = [
  {
    name: 'all entries sum to zero',
    isInAudit: true,
    sql: `SELECT format('all ledger entries together sum to %s, not to 0', sum(amount))
          FROM ledger_entries HAVING sum(amount) <> 0`,
  },
  {
    name: 'every balance is the sum of its entries and not negative',
    isInAudit: true,
    sql: `SELECT format('user %s has a balance of %s, the entries sum to %s', user_id, coalesce(w.balance, 0), coalesce(e.total, 0))
          FROM wallets w
          FULL JOIN (SELECT user_id, sum(amount) AS total FROM ${PERSONS} GROUP BY user_id) AS e USING (user_id)
          WHERE w.balance IS DISTINCT FROM coalesce(e.total, 0) OR w.balance < 0
          ORDER BY user_id`,
  },
  {
    name: 'the entries of each transaction sum to zero',
    isInAudit: true,
    sql: `SELECT format('the entries of transaction %s sum to %s', transaction_id, sum(amount))
          FROM ledger_entries GROUP BY transaction_id HAVING sum(amount) <> 0 ORDER BY transaction_id`,
  },
  {
    name: 'each transaction has two sides of one kind, a wallet and the house',
    sql: `SELECT format('transaction %s has %s entries of wallets and %s of the house, of the kinds %s', transaction_id,
                 count(*) FILTER (WHERE account = 'wallet'), count(*) FILTER (WHERE account <> 'wallet'),
                 string_agg(DISTINCT kind, ', ' ORDER BY kind))
          FROM ledger_entries GROUP BY transaction_id
          HAVING count(*) FILTER (WHERE account = 'wallet') <> 1 OR count(*) FILTER (WHERE account <> 'wallet') <> 1
            OR count(DISTINCT kind) <> 1
          ORDER BY transaction_id`,
  },
  {
    name: 'the totals of each wallet are the sums of its entries by kind',
    sql: `SELECT format('user %s has totals of %s charged, %s used and %s adjusted, the entries say %s, %s and %s', user_id,
                 w.total_charged, w.total_used, w.total_adjusted, coalesce(e.charged, 0), coalesce(e.used, 0), coalesce(e.adjusted, 0))
          FROM wallets w
          LEFT JOIN (
            SELECT user_id, sum(amount) FILTER (WHERE kind = 'CHARGE') AS charged,
              -sum(amount) FILTER (WHERE kind IN ('DEBIT', 'REFUND')) AS used,
              sum(amount) FILTER (WHERE kind = 'ADJUSTMENT') AS adjusted
            FROM ${PERSONS} GROUP BY user_id
          ) AS e USING (user_id)
          WHERE (w.total_charged, w.total_used, w.total_adjusted)
            <> (coalesce(e.charged, 0), coalesce(e.used, 0), coalesce(e.adjusted, 0))
          ORDER BY user_id`,
  },
  {
    name: 'the version of each wallet is the number of its movements',
    sql: `SELECT format('user %s has version %s after %s movements', user_id, w.version, coalesce(e.movements, 0))
          FROM wallets w
          LEFT JOIN (SELECT user_id, count(*) AS movements FROM ${PERSONS} GROUP BY user_id) AS e USING (user_id)
          WHERE w.version <> coalesce(e.movements, 0) ORDER BY user_id`,
  },
  {
    name: 'the balance after each entry follows from the one before it',
    sql: `SELECT format('entry %s of user %s leaves %s, but %s before it and %s by it make %s', entry_id, user_id, balance_after,
                 before, amount, before + amount)
          FROM (
            SELECT entry_id, user_id, amount, balance_after,
              lag(balance_after, 1, 0) OVER (PARTITION BY user_id ORDER BY entry_id) AS before
            FROM ${PERSONS}
          ) AS chain
          WHERE balance_after <> before + amount ORDER BY entry_id`,
  },
  {
    name: 'every payment took and gave back what its record says',
    sql: `SELECT format('payment %s is %s with %s, the entries say %s taken and %s given back', payment_id, coalesce(m.status, 'not recorded'),
                 coalesce(m.amount, 0), coalesce(e.taken, 0), coalesce(e.back, 0))
          FROM payment_movements m
          FULL JOIN (
            SELECT payment_id, min(user_id) AS user_id, count(DISTINCT user_id) AS users,
              coalesce(-sum(amount) FILTER (WHERE kind = 'DEBIT'), 0) AS taken, count(*) FILTER (WHERE kind = 'DEBIT') AS debits,
              coalesce(sum(amount) FILTER (WHERE kind = 'REFUND'), 0) AS back, count(*) FILTER (WHERE kind = 'REFUND') AS refunds,
              max(balance_after) FILTER (WHERE kind = 'DEBIT') AS balance_after
            FROM ${PERSONS} AND payment_id IS NOT NULL GROUP BY payment_id
          ) AS e USING (payment_id)
          WHERE m.payment_id IS NULL
            OR (m.status IN ('REFUSED', 'FENCED') AND e.payment_id IS NOT NULL)
            OR (m.status IN ('DEBITED', 'REFUNDED') AND (m.user_id, 1::bigint, 1::bigint, m.amount, m.balance_after_debit)
              IS DISTINCT FROM (e.user_id, e.users, e.debits, e.taken, e.balance_after))
            OR (m.status = 'DEBITED' AND e.refunds <> 0)
            OR (m.status = 'REFUNDED' AND (e.refunds, e.back) IS DISTINCT FROM (1::bigint, m.amount))
          ORDER BY payment_id`,
  },
  {
    name: 'every CHARGED charge has its movement, and no other charge has one',
    sql: `SELECT format('charge %s of %s is %s with %s, its movement is of %s with %s', coalesce(c.charge_id, e.transaction_id),
                 coalesce(c.user_id, 'nobody'), coalesce(c.status, 'not recorded'), coalesce(c.amount, 0),
                 coalesce(e.user_id, 'nobody'), coalesce(e.amount, 0))
          FROM (SELECT * FROM charges WHERE status = 'CHARGED') AS c
          FULL JOIN (SELECT transaction_id, user_id, amount FROM ${PERSONS} AND kind = 'CHARGE') AS e
            ON e.transaction_id = c.charge_id
          WHERE (c.user_id, c.amount) IS DISTINCT FROM (e.user_id, e.amount)
          ORDER BY coalesce(c.charge_id, e.transaction_id)`,
  },
  {
    name: 'every adjustment has its reason, and every reason its adjustment',
    sql: `SELECT format('adjustment %s of %s is of %s, its reason of %s with %s', coalesce(a.transaction_id, e.transaction_id),
                 coalesce(e.user_id, 'nobody'), coalesce(e.amount, 0), coalesce(a.user_id, 'nobody'), coalesce(a.amount, 0))
          FROM adjustments a
          FULL JOIN (SELECT transaction_id, user_id, amount FROM ${PERSONS} AND kind = 'ADJUSTMENT') AS e USING (transaction_id)
          WHERE (a.user_id, a.amount) IS DISTINCT FROM (e.user_id, e.amount)
          ORDER BY coalesce(a.transaction_id, e.transaction_id)`,
  },
]

/** Counts wallets and entries. */
export async function countLedger(db: Queryable): Promise<{ wallets: number; entries: number }> {
  const { rows } = await db.query<{ wallets: number; entries: number }>(
    'SELECT (SELECT count(*) FROM wallets) AS wallets, count(*) AS entries FROM ledger_entries',
  )
  return rows[0] ?? { wallets: 0, entries: 0 }
}

/** Finds the rows that break a rule: how many there are, and the first `linesMax`. */
export async function findBroken(db: Queryable, { sql }: LedgerRule, linesMax: number): Promise<Broken> {
  const { rows } = await db.query<{ line: string; found: number }>(
    `SELECT line, count(*) OVER () AS found FROM (${sql}) AS broken (line) LIMIT $1`,
    [linesMax],
  )
  return { count: rows[0]?.found ?? 0, lines: rows.map(({ line }) => line) }
}
