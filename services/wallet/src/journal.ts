import type { LockedWallet, Wallet } from './sql/wallets.ts'

export const movementKinds = ['CHARGE', 'DEBIT', 'REFUND', 'ADJUSTMENT'] as const

/**
 * CHARGE: money came into the wallet from outside. DEBIT: it was spent. REFUND: it was given back. ADJUSTMENT: an admin corrected it, in
 * either direction.
 */
export type MovementKind = (typeof movementKinds)[number]

/** One movement of money to record. */
export interface Movement {
  transactionId: string
  kind: MovementKind
  /** Positive, and the kind gives the direction; of an ADJUSTMENT negative where it takes money. */
  amount: number
  paymentId: string | null
}

/** A movement with what it did to its wallet. */
export interface RecordedMovement extends Movement {
  userId: string
  /** Negative where the money left the wallet. */
  change: number
  balanceAfter: number
  movedAt: Date
}

/** A wallet as it is after the movements of a journal. */
export interface MovedWallet extends Wallet {
  versionBefore: number
  updatedAt: Date
}

/**
 * The movements of one transaction, in their order, on wallets that it has locked. Each movement finds the balance that the one
 * before it left, so that many of one wallet are right. It holds them in memory; `postMovements` writes them.
 */
export class Journal {
  readonly #before: ReadonlyMap<string, LockedWallet>
  readonly #moved = new Map<string, MovedWallet>()
  readonly #movements: RecordedMovement[] = []

  constructor(wallets: readonly LockedWallet[]) {
    this.#before = new Map(wallets.map((wallet) => [wallet.userId, wallet]))
  }

  /** The balance after the movements so far. */
  balanceOf(userId: string): number {
    return (this.#moved.get(userId) ?? this.#locked(userId)).balance
  }

  /** Adds a movement. Who calls it has checked that the wallet holds enough. */
  record(userId: string, movement: Movement): RecordedMovement {
    const locked = this.#locked(userId)
    const wallet = this.#moved.get(userId) ?? locked
    const change = movement.kind === 'DEBIT' ? -movement.amount : movement.amount
    const movedAt = locked.lockedAt
    const moved: MovedWallet = {
      userId,
      balance: wallet.balance + change,
      ...totalsAfter(wallet, movement.kind, change),
      version: wallet.version + 1,
      versionBefore: locked.version,
      updatedAt: movedAt,
    }
    const recorded = { ...movement, userId, change, balanceAfter: moved.balance, movedAt }
    this.#moved.set(userId, moved)
    this.#movements.push(recorded)
    return recorded
  }

  /** In the order in which they were recorded. */
  get movements(): readonly RecordedMovement[] {
    return this.#movements
  }

  /** Each wallet that has a movement. */
  get wallets(): readonly MovedWallet[] {
    return [...this.#moved.values()]
  }

  #locked(userId: string): LockedWallet {
    const wallet = this.#before.get(userId)
    if (wallet === undefined) throw new Error(`the wallet of user ${userId} is not locked`)
    return wallet
  }
}

type Totals = Pick<Wallet, 'totalCharged' | 'totalUsed' | 'totalAdjusted'>

/** The balance stays what was charged, less what was used, and what was adjusted. */
function totalsAfter(
  { totalCharged, totalUsed, totalAdjusted }: Totals,
  kind: MovementKind,
  change: number,
): Totals {
  switch (kind) {
    case 'CHARGE':
      return { totalCharged: totalCharged + change, totalUsed, totalAdjusted }
    case 'DEBIT':
    case 'REFUND':
      return { totalCharged, totalUsed: totalUsed - change, totalAdjusted }
    case 'ADJUSTMENT':
      return { totalCharged, totalUsed, totalAdjusted: totalAdjusted + change }
  }
}
