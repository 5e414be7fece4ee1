import type { Queryable, Tx } from '@frontrow/postgres/pool'
import type { MovedWallet, MovementKind, RecordedMovement } from '../journal.ts'

const houseAccounts = {
  CHARGE: 'funding',
  DEBIT: 'sales',
  REFUND: 'refunds',
  ADJUSTMENT: 'adjustments',
} as const satisfies Record<MovementKind, string>

/**
 * Writes the new balances and both ledger entries of every movement in one statement, and returns how many wallets were written.
 * A wallet whose version is not the one it was read with is left out, together with its entries. No other statement changes a
 * balance, so none changes without its entries.
 */
export async function insertMovements(
  tx: Tx,
  wallets: readonly MovedWallet[],
  movements: readonly RecordedMovement[],
): Promise<number> {
  const { rowCount } = await tx.query({
    name: 'ledger-insert-movements',
    // A new wallet is inserted without waiting for the lock of a row that is there, which could end in a deadlock.
    text: `WITH wallet AS (
             SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::timestamptz[], $16::bigint[])
               AS w (user_id, balance, total_charged, total_used, version_before, version, updated_at, total_adjusted)
           ), opened AS (
             INSERT INTO wallets (user_id, balance, total_charged, total_used, total_adjusted, version, updated_at)
             SELECT user_id, balance, total_charged, total_used, total_adjusted, version, updated_at FROM wallet
             WHERE version_before = 0 ORDER BY user_id
             ON CONFLICT DO NOTHING RETURNING user_id
           ), moved AS (
             UPDATE wallets w SET balance = wallet.balance, total_charged = wallet.total_charged,
               total_used = wallet.total_used, total_adjusted = wallet.total_adjusted, version = wallet.version, updated_at = wallet.updated_at
             FROM wallet WHERE w.user_id = wallet.user_id AND w.version = wallet.version_before
             RETURNING w.user_id
           ), written AS (
             SELECT user_id FROM opened UNION ALL SELECT user_id FROM moved
           ), entries AS (
             INSERT INTO ledger_entries
               (transaction_id, account, user_id, kind, amount, balance_after, payment_id, created_at)
             SELECT m.transaction_id, entry.account, entry.user_id, m.kind, entry.amount, entry.balance_after, m.payment_id, m.moved_at
             FROM unnest($8::uuid[], $9::text[], $10::text[], $11::text[], $12::bigint[], $13::bigint[], $14::uuid[], $15::timestamptz[])
               WITH ORDINALITY AS m (transaction_id, user_id, kind, house_account, change, balance_after, payment_id, moved_at, place)
             JOIN written ON written.user_id = m.user_id
             CROSS JOIN LATERAL (VALUES
               (1, 'wallet', m.user_id, m.change, m.balance_after),
               (2, m.house_account, NULL, -m.change, NULL)
             ) AS entry (side, account, user_id, amount, balance_after)
             ORDER BY m.place, entry.side
           )
           SELECT user_id FROM written`,
    values: [
      wallets.map(({ userId }) => userId),
      wallets.map(({ balance }) => balance),
      wallets.map(({ totalCharged }) => totalCharged),
      wallets.map(({ totalUsed }) => totalUsed),
      wallets.map(({ versionBefore }) => versionBefore),
      wallets.map(({ version }) => version),
      wallets.map(({ updatedAt }) => updatedAt),
      movements.map(({ transactionId }) => transactionId),
      movements.map(({ userId }) => userId),
      movements.map(({ kind }) => kind),
      movements.map(({ kind }) => houseAccounts[kind]),
      movements.map(({ change }) => change),
      movements.map(({ balanceAfter }) => balanceAfter),
      movements.map(({ paymentId }) => paymentId),
      movements.map(({ movedAt }) => movedAt),
      wallets.map(({ totalAdjusted }) => totalAdjusted),
    ],
  })
  return rowCount ?? 0
}

/** One entry of a person's account. */
export interface WalletEntry {
  entryId: number
  transactionId: string
  kind: MovementKind
  /** Negative where the money left the wallet. */
  amount: number
  balanceAfter: number
  paymentId: string | null
  /** Why an admin made it; null for the other kinds. */
  reason: string | null
  createdAt: Date
}

/** Which of a person's entries are asked for. */
export interface EntryPage {
  /** Undefined: all kinds. */
  kinds: readonly MovementKind[] | undefined
  /** Only entries older than this one. */
  beforeEntryId: number | undefined
  limit: number
}

/** Lists a person's entries, newest first. */
export async function listWalletEntries(
  db: Queryable,
  userId: string,
  { kinds, beforeEntryId, limit }: EntryPage,
): Promise<WalletEntry[]> {
  const { rows } = await db.query<{
    entry_id: number
    transaction_id: string
    kind: MovementKind
    amount: number
    balance_after: number
    payment_id: string | null
    reason: string | null
    created_at: Date
  }>({
    name: 'ledger-list-wallet-entries',
    text: `SELECT e.entry_id, e.transaction_id, e.kind, e.amount, e.balance_after, e.payment_id, a.reason, e.created_at
           FROM (
             SELECT * FROM ledger_entries
             WHERE user_id = $1 AND account = 'wallet' AND ($2::bigint IS NULL OR entry_id < $2)
               AND ($4::text[] IS NULL OR kind = ANY ($4))
             ORDER BY entry_id DESC LIMIT $3
           ) AS e
           LEFT JOIN LATERAL (
             SELECT reason FROM adjustments WHERE e.kind = 'ADJUSTMENT' AND transaction_id = e.transaction_id OFFSET 0
           ) AS a ON true
           ORDER BY e.entry_id DESC`,
    values: [userId, beforeEntryId ?? null, limit, kinds ?? null],
  })
  return rows.map((row) => ({
    entryId: row.entry_id,
    transactionId: row.transaction_id,
    kind: row.kind,
    amount: row.amount,
    balanceAfter: row.balance_after,
    paymentId: row.payment_id,
    reason: row.reason,
    createdAt: row.created_at,
  }))
}
