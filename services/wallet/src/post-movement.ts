/**
 * Money moves in no other way than this. The tables' constraints and `insertMovement` make sure of the following:
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

/** The balance after a movement, and when that was posted. */
export interface Posted {
  balance: number
  createdAt: Date
}

// The second try holds the wallet's lock, so it succeeds as long as wallets are never deleted.
const ATTEMPTS_MAX = 3

/**
 * Reads the wallet, lets `choose` say what to move (null: nothing), and posts that if the wallet is still as it was read;
 * otherwise it does all of this again. By then `insertMovement` has locked the row, since ON CONFLICT DO UPDATE locks it even
 * where its condition does not hold. Without that lock the last of twelve movements at once would fail eleven times.
 * `choose` may refuse by throwing, and then nothing is written.
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
