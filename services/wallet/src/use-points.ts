import { inTransaction } from '@frontrow/postgres/transaction'
import { isRefusal, refuse } from '@frontrow/proto/refusals'
import { uuidv7 } from 'uuidv7'
import { answerOnce } from './answer-once.ts'
import type { KeyedAnswer } from './answer-once.ts'
import type { WalletContext } from './context.ts'
import { postMovement } from './post-movement.ts'

/** A request of a person, or of an admin for them, to spend points outside of a payment. */
export interface UsePointsCommand {
  userId: string
  amount: number
  callerId: string
  idempotencyKey: string
}

/** Deducts points once per key. Refuses with INSUFFICIENT_BALANCE or as `claimKey` does. */
export async function usePoints(ctx: WalletContext, command: UsePointsCommand): Promise<KeyedAnswer> {
  const { userId, amount } = command
  const transactionId = uuidv7()
  try {
    const answer = await usePointsInTransaction(ctx, command, transactionId)
    if (!answer.replayed) ctx.events.moved({ userId, kind: 'DEBIT', amount, transactionId })
    return answer
  } catch (error) {
    if (isRefusal(error, 'INSUFFICIENT_BALANCE')) {
      ctx.events.refused({ userId, reason: 'INSUFFICIENT_BALANCE', amount })
    }
    throw error
  }
}

function usePointsInTransaction(
  ctx: WalletContext,
  { userId, amount, callerId, idempotencyKey }: UsePointsCommand,
  transactionId: string,
): Promise<KeyedAnswer> {
  const request = {
    userId: callerId,
    operation: 'use-points',
    key: idempotencyKey,
    content: { userId, amount },
  }
  return inTransaction(ctx.pool, (tx) =>
    answerOnce(tx, request, async () => {
      const { posted } = await postMovement(
        tx,
        userId,
        ({ balance }) => {
          if (balance < amount) {
            throw refuse('INSUFFICIENT_BALANCE', 'the wallet holds less than the amount', {
              details: { currentBalance: balance, amount },
            })
          }
          return { movement: { kind: 'DEBIT', amount, transactionId, paymentId: null } }
        },
        () => ctx.events.collided(),
      )
      if (posted === null) throw new Error('a use of points moved nothing')
      return { data: { userId, balance: posted.balance }, resourceId: transactionId }
    }),
  )
}
