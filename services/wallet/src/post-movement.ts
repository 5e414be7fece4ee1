/**
 * The one way money moves. What always holds, by the tables' constraints and by `insertMovement`:
 * - a balance changes only together with its two ledger entries, which sum to zero;
 * - a balance is never below zero;
 * - the entries of one wallet are in the order of its versions.
 */
import type { Tx } from '@frontrow/postgres/pool'
import { refuse } from '@frontrow/proto/refusals'
import { insertMovement } from './sql/ledger-entries.ts'
import type { Movement } from './sql/ledger-entries.ts'
import { readWallet } from './sql/wallets.ts'
import type { Wallet } from './sql/wallets.ts'

/** What was posted. */
export interface Posted {
  balance: number
  createdAt: Date
}

// The second try has the wallet's lock and can't lose as long as wallets are never deleted.
const ATTEMPTS_MAX = 3

/**
 * Reads the wallet, lets `choose` say what to move (null: nothing), and posts that if the wallet is still as it was
 * read. If not, it is read and chosen again. `insertMovement` has locked the row by then, also where its condition did
 * not hold (ON CONFLICT DO UPDATE does): without that, the last of twelve movements at once would lose eleven times.
 * `choose` may refuse by throwing; nothing is written then.
 */
export async function postMovement<C extends { movement: Movement | null }>(
  tx: Tx,
  userId: string,
  choose: (wallet: Wallet) => C,
  onCollision: () => void,
): Promise<{ choice: C; posted: Posted | null }> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const wallet = await readWallet(tx, userId)
    const choice = choose(wallet)
    if (choice.movement === null) return { choice, posted: null }
    const posted = await insertMovement(tx, wallet, choice.movement)
    if (posted !== undefined) return { choice, posted }
    onCollision()
  }
  throw refuse('UNAVAILABLE', 'the wallet is changing too quickly', { retryAfterSeconds: 1 })
}
