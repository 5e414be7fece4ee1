import type { Queryable } from '@frontrow/postgres/pool'

/** A person's money. A person without a row has an empty wallet, with `version` 0 and no `updatedAt`. */
export interface Wallet {
  userId: string
  balance: number
  totalCharged: number
  /** What was spent, less what was refunded. */
  totalUsed: number
  version: number
  updatedAt: Date | null
}

interface WalletRow {
  balance: number
  total_charged: number
  total_used: number
  version: number
  updated_at: Date
}

function toWallet(userId: string, row: WalletRow | undefined): Wallet {
  return {
    userId,
    balance: row?.balance ?? 0,
    totalCharged: row?.total_charged ?? 0,
    totalUsed: row?.total_used ?? 0,
    version: row?.version ?? 0,
    updatedAt: row?.updated_at ?? null,
  }
}

/** Reads a wallet without locking it. A person without a row has an empty one. */
export async function readWallet(db: Queryable, userId: string): Promise<Wallet> {
  const { rows } = await db.query<WalletRow>({
    name: 'wallet-read',
    text: 'SELECT balance, total_charged, total_used, version, updated_at FROM wallets WHERE user_id = $1',
    values: [userId],
  })
  return toWallet(userId, rows[0])
}
