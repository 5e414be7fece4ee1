import type { Queryable, Tx } from '@frontrow/postgres/pool'

/** A person's money. A person without a row has an empty wallet, with `version` 0 and no `updatedAt`. */
export interface Wallet {
  userId: string
  balance: number
  totalCharged: number
  /** What was spent, less what was refunded. */
  totalUsed: number
  /** What admins added, less what they took. */
  totalAdjusted: number
  version: number
  updatedAt: Date | null
}

/** A wallet that no other transaction changes before the end of this one, or one that does not exist yet. */
export interface LockedWallet extends Wallet {
  /** The database's time right after the lock; what moves under it has this time. */
  lockedAt: Date
}

interface WalletRow {
  balance: number
  total_charged: number
  total_used: number
  total_adjusted: number
  version: number
  updated_at: Date
}

function toWallet(userId: string, row: WalletRow | undefined): Wallet {
  return {
    userId,
    balance: row?.balance ?? 0,
    totalCharged: row?.total_charged ?? 0,
    totalUsed: row?.total_used ?? 0,
    totalAdjusted: row?.total_adjusted ?? 0,
    version: row?.version ?? 0,
    updatedAt: row?.updated_at ?? null,
  }
}

/** Reads a wallet without locking it. A person without a row has an empty one. */
export async function readWallet(db: Queryable, userId: string): Promise<Wallet> {
  const { rows } = await db.query<WalletRow>({
    name: 'wallet-read',
    text: `SELECT balance, total_charged, total_used, total_adjusted, version, updated_at FROM wallets
           WHERE user_id = $1`,
    values: [userId],
  })
  return toWallet(userId, rows[0])
}

/**
 * Reads the wallets of these users and locks those that exist, in the order of their users. A lock is as strong as an update
 * needs it: entries that refer to the wallet don't wait for it.
 */
export async function lockWallets(tx: Tx, userIds: readonly string[]): Promise<LockedWallet[]> {
  const { rows } = await tx.query<LockedWallet>({
    name: 'wallets-lock',
    text: `WITH locked AS MATERIALIZED (
             SELECT user_id, balance, total_charged, total_used, total_adjusted, version, updated_at FROM wallets
             WHERE user_id = ANY ($1::text[]) ORDER BY user_id FOR NO KEY UPDATE
           )
           SELECT user_id AS "userId", coalesce(balance, 0) AS balance, coalesce(total_charged, 0) AS "totalCharged",
                  coalesce(total_used, 0) AS "totalUsed", coalesce(total_adjusted, 0) AS "totalAdjusted",
                  coalesce(version, 0) AS version, updated_at AS "updatedAt",
                  clock_timestamp() AS "lockedAt"
           FROM unnest($1::text[]) AS asked (user_id) LEFT JOIN locked USING (user_id)`,
    values: [[...new Set(userIds)]],
  })
  return rows
}
