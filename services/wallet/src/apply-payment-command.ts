import { claim } from '@frontrow/messaging/inbox'
import { enqueue } from '@frontrow/messaging/outbox'
import { isUniqueViolation } from '@frontrow/postgres/errors'
import type { Tx } from '@frontrow/postgres/pool'
import { inTransaction } from '@frontrow/postgres/transaction'
import { topics } from '@frontrow/proto/topics'
import { uuidv7 } from 'uuidv7'
import type { WalletContext } from './context.ts'
import { decidePaymentMovement } from './decide-payment-movement.ts'
import type { Command, Reply } from './decide-payment-movement.ts'
import { postMovement } from './post-movement.ts'
import type { Movement } from './sql/ledger-entries.ts'
import { insertFence, lockFence, markRefunded } from './sql/payment-movements.ts'
import type { StoredFence } from './sql/payment-movements.ts'

interface Applied {
  movement: Movement | null
  reply: Reply
  /** The same message was applied before. */
  repeated: boolean
}

/**
 * Applies a payment's command and answers it: inbox, fence, ledger and reply are written in one transaction. A command that
 * arrives again, under the same message id or another, changes nothing. Its reply is sent again under the reply's first
 * message id, because the sender may not have received it.
 */
export async function applyPaymentCommand(
  ctx: WalletContext,
  paymentId: string,
  command: Command,
  message: { id: string; type: string },
): Promise<Reply> {
  const { movement, reply, repeated } = await applyOnce(ctx, paymentId, command, message)
  const { userId } = command
  if (movement !== null) ctx.events.moved({ userId, ...movement })
  if (!repeated && reply.type === 'WalletDebitRefused') {
    ctx.events.refused({ userId, reason: reply.reason, amount: command.amount })
  }
  ctx.events.commandAnswered({ paymentId, command, reply, repeated })
  return reply
}

// Two first commands of a payment at once (on two instances, while partitions move) both find no fence. The primary key
// rolls the second one back, which then finds the first one's fence, since fences are never deleted.
async function applyOnce(
  ctx: WalletContext,
  paymentId: string,
  command: Command,
  message: { id: string; type: string },
): Promise<Applied> {
  const attempt = (): Promise<Applied> =>
    inTransaction(ctx.pool, async (tx) => {
      const isNew = (await claim(tx, [message])).has(message.id)
      const applied = await applyInTransaction(ctx, tx, paymentId, command)
      return { ...applied, repeated: !isNew }
    })
  try {
    return await attempt()
  } catch (error) {
    if (!isUniqueViolation(error, 'payment_movements_pkey')) throw error
    return attempt()
  }
}

async function applyInTransaction(
  ctx: WalletContext,
  tx: Tx,
  paymentId: string,
  command: Command,
): Promise<Omit<Applied, 'repeated'>> {
  const stored = await lockFence(tx, paymentId)
  const transactionId = uuidv7()
  const { choice } = await postMovement(
    tx,
    command.userId,
    (wallet) => {
      const decision = decidePaymentMovement(stored, command, wallet.balance)
      const { movement } = decision
      return { ...decision, movement: movement === null ? null : { ...movement, transactionId, paymentId } }
    },
    () => ctx.events.collided(),
  )
  const replyIds = stored ?? { debitReplyId: uuidv7(), refundReplyId: uuidv7() }
  const fence: StoredFence = {
    ...choice.fence,
    debitReplyId: replyIds.debitReplyId,
    refundReplyId: replyIds.refundReplyId,
  }
  if (stored === undefined) await insertFence(tx, paymentId, fence)
  else if (fence.status !== stored.status) await markRefunded(tx, paymentId)
  const { type, ...content } = choice.reply
  await enqueue(tx, ctx.relay, [
    {
      id: command.kind === 'DEBIT' ? fence.debitReplyId : fence.refundReplyId,
      topic: topics.walletEvents,
      key: paymentId,
      type,
      payload: { paymentId, ...content },
    },
  ])
  return { movement: choice.movement, reply: choice.reply }
}
