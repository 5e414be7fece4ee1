import { UnreadableMessageError } from '@frontrow/messaging/envelope'
import type { MovementKind } from './journal.ts'

/** DEBITED: money was taken. REFUSED: it was not there. REFUNDED: it was given back. FENCED: the refund arrived first. */
export type FenceStatus = 'DEBITED' | 'REFUSED' | 'REFUNDED' | 'FENCED'

/** What a payment has done to a wallet so far. */
export interface Fence {
  userId: string
  amount: number
  status: FenceStatus
  /** The balance right after the debit; null where none took place. */
  balanceAfterDebit: number | null
}

/** What a payment asks for. */
export interface Command {
  kind: 'DEBIT' | 'REFUND'
  userId: string
  amount: number
}

/** The answer to a command, as it goes onto the wire beside the payment's id. */
export type Reply =
  | { type: 'WalletDebited'; userId: string; amount: number; balance: number }
  | { type: 'WalletDebitRefused'; userId: string; reason: 'INSUFFICIENT_BALANCE' | 'REFUND_CAME_FIRST' }
  | { type: 'WalletRefunded'; userId: string; refundedAmount: number }

/** What a command does. `fence` is the fence after it, and the same object as before where nothing changes. */
export interface Decision {
  fence: Fence
  movement: { kind: Extract<MovementKind, 'DEBIT' | 'REFUND'>; amount: number } | null
  reply: Reply
}

/** Thrown for a command that contradicts an earlier one of its payment, which is a defect of the sender. */
export class ContradictingCommandError extends UnreadableMessageError {
  override name = 'ContradictingCommandError'
}

/**
 * Decides what `command` does to a wallet of `balance`, given what its payment has done before. A payment debits at most
 * once and gives back at most what it debited. After a refund, whether it found a debit or not, nothing is taken any more.
 * A repeated command changes nothing and gets the same reply. Throws ContradictingCommandError. Pure.
 */
export function decidePaymentMovement(fence: Fence | undefined, command: Command, balance: number): Decision {
  if (fence !== undefined) checkSamePayment(fence, command)
  return command.kind === 'DEBIT' ? decideDebit(fence, command, balance) : decideRefund(fence, command)
}

function decideDebit(fence: Fence | undefined, { userId, amount }: Command, balance: number): Decision {
  if (fence !== undefined) return { fence, movement: null, reply: replyToDebit(fence) }
  const enough = balance >= amount
  const next: Fence = {
    userId,
    amount,
    status: enough ? 'DEBITED' : 'REFUSED',
    balanceAfterDebit: enough ? balance - amount : null,
  }
  return { fence: next, movement: enough ? { kind: 'DEBIT', amount } : null, reply: replyToDebit(next) }
}

function replyToDebit({ userId, amount, status, balanceAfterDebit }: Fence): Reply {
  if (balanceAfterDebit !== null) {
    return { type: 'WalletDebited', userId, amount, balance: balanceAfterDebit }
  }
  const reason = status === 'FENCED' ? 'REFUND_CAME_FIRST' : 'INSUFFICIENT_BALANCE'
  return { type: 'WalletDebitRefused', userId, reason }
}

function decideRefund(fence: Fence | undefined, { userId, amount }: Command): Decision {
  if (fence === undefined) {
    const next: Fence = { userId, amount, status: 'FENCED', balanceAfterDebit: null }
    return { fence: next, movement: null, reply: replyToRefund(next) }
  }
  if (fence.status !== 'DEBITED') return { fence, movement: null, reply: replyToRefund(fence) }
  const next: Fence = { ...fence, status: 'REFUNDED' }
  // The amount is that of the debit, whatever the command names, so that no more is given back than was taken.
  return { fence: next, movement: { kind: 'REFUND', amount: fence.amount }, reply: replyToRefund(next) }
}

function replyToRefund({ userId, amount, status }: Fence): Reply {
  return { type: 'WalletRefunded', userId, refundedAmount: status === 'REFUNDED' ? amount : 0 }
}

function checkSamePayment(fence: Fence, command: Command): void {
  if (command.userId !== fence.userId) {
    throw new ContradictingCommandError('the payment belongs to another user')
  }
  if (command.kind === 'DEBIT' && fence.status !== 'FENCED' && command.amount !== fence.amount) {
    throw new ContradictingCommandError(`the payment was of ${fence.amount}, not of ${command.amount}`)
  }
}
