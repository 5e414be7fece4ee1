import { uuidv7 } from 'uuidv7'
import { decidePaymentMovement } from './decide-payment-movement.ts'
import type { Command, Reply } from './decide-payment-movement.ts'
import type { Journal, RecordedMovement } from './journal.ts'
import type { FenceChanges, StoredFence } from './sql/payment-movements.ts'

/** What a payment asks of a wallet. */
export interface PaymentCommand {
  paymentId: string
  command: Command
}

/** What a command did. */
export interface Applied {
  movement: RecordedMovement | null
  reply: Reply
  replyId: string
}

/**
 * Decides commands one after the other: each finds the fence and the balance that those before it left. Movements go into the
 * journal. `stored` has the fences of these payments as they are in the database. Throws ContradictingCommandError.
 */
export function decidePaymentCommands(
  journal: Journal,
  stored: ReadonlyMap<string, StoredFence>,
  commands: readonly PaymentCommand[],
): { applied: Applied[]; fences: FenceChanges } {
  const fences = new Map(stored)
  const applied = commands.map(({ paymentId, command }): Applied => {
    const before = fences.get(paymentId)
    const decision = decidePaymentMovement(before, command, journal.balanceOf(command.userId))
    const fence: StoredFence = {
      ...decision.fence,
      debitReplyId: before?.debitReplyId ?? uuidv7(),
      refundReplyId: before?.refundReplyId ?? uuidv7(),
    }
    fences.set(paymentId, fence)
    const { movement, reply } = decision
    return {
      movement:
        movement === null
          ? null
          : journal.record(command.userId, { ...movement, transactionId: uuidv7(), paymentId }),
      reply,
      replyId: command.kind === 'DEBIT' ? fence.debitReplyId : fence.refundReplyId,
    }
  })
  const first = new Map([...fences].filter(([paymentId]) => !stored.has(paymentId)))
  const refunded = [...stored].flatMap(([paymentId, { status }]) =>
    fences.get(paymentId)?.status === status ? [] : [paymentId],
  )
  return { applied, fences: { first, refunded } }
}
