import type { LockedWallet, Wallet } from './sql/wallets.ts'

/** CHARGE: money came into the wallet from outside. DEBIT: it was spent. REFUND: it was given back. */
export type MovementKind = 'CHARGE' | 'DEBIT' | 'REFUND'

/** One movement of money to record. */
export interface Movement {
  transactionId: string
  kind: MovementKind
  /** Positive; the kind gives the direction. */
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
    const isCharge = movement.kind === 'CHARGE'
    const movedAt = locked.lockedAt
    const moved: MovedWallet = {
      userId,
      balance: wallet.balance + change,
      // The balance stays what was charged less what was used.
      totalCharged: wallet.totalCharged + (isCharge ? change : 0),
      totalUsed: wallet.totalUsed - (isCharge ? 0 : change),
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
