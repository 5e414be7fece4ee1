/**
 * Money moves in no other way than this. The tables' constraints and `insertMovements` make sure of the following:
 * - a balance changes only together with its two ledger entries a movement, which sum to zero;
 * - a balance is never below zero;
 * - the entries of one wallet are in the order of its versions.
 *
 * Every transaction takes its locks in this order, so that two of them can't wait for each other in a circle: ids in the inbox,
 * users whose charges begin (advisory), rows of wallets by user, rows of payments by payment, rows of charges by charge, then new
 * rows (idempotency keys, wallets, payments, charges), each by its key. A new row waits only for a transaction that is inserting the same one. Where that one was quicker, this transaction starts again,
 * because it decided without having seen the row, and holds the row's lock the next time.
 */
import type { Tx } from '@frontrow/postgres/pool'
import type { WalletContext } from './context.ts'
import type { WalletEvents } from './events.ts'
import { Journal } from './journal.ts'
import { insertMovements } from './sql/ledger-entries.ts'
import { lockWallets } from './sql/wallets.ts'

/**
 * Another transaction was quicker with a row that this one wanted to insert. The code is PostgreSQL's for a serialization
 * failure: `inTransaction` rolls back and starts again.
 */
export class CollisionError extends Error {
  override name = 'CollisionError'
  readonly code = '40001'
}

/** Ends this attempt at a transaction, and counts it. */
export function startAgain(events: Pick<WalletEvents, 'collided'>, why: string): never {
  events.collided()
  throw new CollisionError(why)
}

/** Locks the wallets of these users until the end of the transaction. Who has none gets an empty one. */
export async function openJournal(tx: Tx, userIds: readonly string[]): Promise<Journal> {
  return new Journal(await lockWallets(tx, userIds))
}

/** Writes what the journal has: wallets and entries, in one statement. Throws CollisionError for a wallet that is new no more. */
export async function postMovements(
  { events }: Pick<WalletContext, 'events'>,
  tx: Tx,
  { wallets, movements }: Journal,
): Promise<void> {
  if (movements.length === 0 || (await insertMovements(tx, wallets, movements)) === wallets.length) return
  startAgain(events, 'another transaction has moved one of the wallets for the first time')
}
