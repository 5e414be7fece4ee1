import type { Queryable, Tx } from '@frontrow/postgres/pool'
import type { Wallet } from './wallets.ts'

/** CHARGE: money came into the wallet from outside. DEBIT: it was spent. REFUND: it was given back. */
export type MovementKind = 'CHARGE' | 'DEBIT' | 'REFUND'

/** One movement of money to post. */
export interface Movement {
  transactionId: string
  kind: MovementKind
  /** Positive; the kind gives the direction. */
  amount: number
  paymentId: string | null
}

const houseAccounts = { CHARGE: 'funding', DEBIT: 'sales', REFUND: 'refunds' } as const satisfies Record<
  MovementKind,
  string
>

/** Returns the totals after a movement, so that the balance stays what was charged less what was used. */
function totalsAfter(wallet: Wallet, { kind, amount }: Movement): Pick<Wallet, 'totalCharged' | 'totalUsed'> {
  if (kind === 'CHARGE') return { totalCharged: wallet.totalCharged + amount, totalUsed: wallet.totalUsed }
  const used = kind === 'DEBIT' ? amount : -amount
  return { totalCharged: wallet.totalCharged, totalUsed: wallet.totalUsed + used }
}

/**
 * Writes the new balance and both ledger entries in one statement, if the wallet still has the version it was read with.
 * Otherwise it writes nothing, leaves the row locked and returns undefined. No other statement changes a balance, so none
 * changes without its entries.
 */
export async function insertMovement(
  tx: Tx,
  wallet: Wallet,
  movement: Movement,
): Promise<{ balance: number; createdAt: Date } | undefined> {
  const signed = movement.kind === 'DEBIT' ? -movement.amount : movement.amount
  const totals = totalsAfter(wallet, movement)
  const { rows } = await tx.query<{ balance_after: number | null; created_at: Date }>({
    name: 'ledger-insert-movement',
    text: `WITH moved AS (
             INSERT INTO wallets AS w (user_id, balance, total_charged, total_used, version)
             VALUES ($1, $2, $3, $4, $5::bigint + 1)
             ON CONFLICT (user_id) DO UPDATE
               SET balance = excluded.balance, total_charged = excluded.total_charged,
                   total_used = excluded.total_used, version = excluded.version, updated_at = clock_timestamp()
               WHERE w.version = $5
             RETURNING user_id, balance, updated_at
           )
           INSERT INTO ledger_entries
             (transaction_id, account, user_id, kind, amount, balance_after, payment_id, created_at)
           SELECT $6, entry.account, entry.user_id, $7, entry.amount, entry.balance_after, $8, moved.updated_at
           FROM moved CROSS JOIN LATERAL (VALUES
             ('wallet', moved.user_id, $9::bigint, moved.balance),
             ($10, NULL, -$9::bigint, NULL)
           ) AS entry (account, user_id, amount, balance_after)
           RETURNING balance_after, created_at`,
    values: [
      wallet.userId,
      wallet.balance + signed,
      totals.totalCharged,
      totals.totalUsed,
      wallet.version,
      movement.transactionId,
      movement.kind,
      movement.paymentId,
      signed,
      houseAccounts[movement.kind],
    ],
  })
  const own = rows.find((row) => row.balance_after !== null)
  if (own === undefined || own.balance_after === null) return undefined
  return { balance: own.balance_after, createdAt: own.created_at }
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
  createdAt: Date
}

/** Lists a person's entries, newest first, only those older than `beforeEntryId` where that is set. */
export async function listWalletEntries(
  db: Queryable,
  userId: string,
  page: { beforeEntryId: number | undefined; limit: number },
): Promise<WalletEntry[]> {
  const { rows } = await db.query<{
    entry_id: number
    transaction_id: string
    kind: MovementKind
    amount: number
    balance_after: number
    payment_id: string | null
    created_at: Date
  }>({
    name: 'ledger-list-wallet-entries',
    text: `SELECT entry_id, transaction_id, kind, amount, balance_after, payment_id, created_at FROM ledger_entries
           WHERE user_id = $1 AND account = 'wallet' AND ($2::bigint IS NULL OR entry_id < $2)
           ORDER BY entry_id DESC LIMIT $3`,
    values: [userId, page.beforeEntryId ?? null, page.limit],
  })
  return rows.map((row) => ({
    entryId: row.entry_id,
    transactionId: row.transaction_id,
    kind: row.kind,
    amount: row.amount,
    balanceAfter: row.balance_after,
    paymentId: row.payment_id,
    createdAt: row.created_at,
  }))
}
