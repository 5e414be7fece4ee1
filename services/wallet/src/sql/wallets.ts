import type { Queryable } from '@frontrow/postgres/pool'

/** A person's money. `version` 0 and no `updatedAt`: there is no row yet, which is the same as an empty wallet. */
export interface Wallet {
  userId: string
  balance: number
  totalCharged: number
  /** Net of refunds. */
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

/** The wallet as it is now; an empty one for a user who has none. */
export async function readWallet(db: Queryable, userId: string): Promise<Wallet> {
  const { rows } = await db.query<WalletRow>({
    name: 'wallet-read',
    text: 'SELECT balance, total_charged, total_used, version, updated_at FROM wallets WHERE user_id = $1',
    values: [userId],
  })
  return toWallet(userId, rows[0])
}
