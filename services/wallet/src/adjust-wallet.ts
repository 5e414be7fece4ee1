import { completeAdminAction } from '@frontrow/admin-actions/admin-actions'
import { AnsweredKeys } from '@frontrow/idempotency/answered-keys'
import type { Tx } from '@frontrow/postgres/pool'
import { inTransaction, together } from '@frontrow/postgres/transaction'
import { isRefusal, refuse } from '@frontrow/proto/refusals'
import { uuidv7 } from 'uuidv7'
import type { WalletContext } from './context.ts'
import { CollisionError, openJournal, postMovements, startAgain } from './post-movements.ts'
import { insertAdjustment } from './sql/adjustments.ts'
import { lockChargesOf, readStandings } from './sql/charges.ts'

/** A correction of a wallet by an admin. */
export interface AdjustmentRequest {
  userId: string
  /** Not 0; negative takes money. */
  amount: number
  reason: string
  adminId: string
  idempotencyKey: string
}

/** What was answered to the key; `replayed`: by an earlier request. */
export interface AdjustmentAnswer {
  data: unknown
  replayed: boolean
}

type AdjustContext = Pick<WalletContext, 'pool' | 'events' | 'config'>

/**
 * Corrects a wallet once per key: one movement, with its reason. Refuses with INSUFFICIENT_BALANCE where it would go below zero, with
 * BALANCE_LIMIT_EXCEEDED where it would pass the maximum with all that is being charged, and with IDEMPOTENCY_KEY_REUSED.
 */
export async function adjustWallet(
  ctx: AdjustContext,
  request: AdjustmentRequest,
): Promise<AdjustmentAnswer> {
  const { userId, amount } = request
  const transactionId = uuidv7()
  try {
    const answer = await inTransaction(ctx.pool, (tx) => adjust(ctx, tx, request, transactionId))
    if (!answer.replayed) ctx.events.moved({ userId, kind: 'ADJUSTMENT', amount, transactionId })
    return answer
  } catch (error) {
    if (isRefusal(error, 'INSUFFICIENT_BALANCE') || isRefusal(error, 'BALANCE_LIMIT_EXCEEDED')) {
      ctx.events.refused({ userId, reason: error.code, amount })
    }
    if (!(error instanceof CollisionError)) throw error
    throw refuse('UNAVAILABLE', 'the wallet is changing too quickly', { retryAfterSeconds: 1 })
  }
}

async function adjust(
  ctx: AdjustContext,
  tx: Tx,
  request: AdjustmentRequest,
  transactionId: string,
): Promise<AdjustmentAnswer> {
  const { userId, amount, reason, adminId, idempotencyKey } = request
  const content = { userId, amount, reason }
  const keyed = { userId: adminId, operation: 'adjust-wallet', key: idempotencyKey, content }
  // In the order of all transactions that move money (post-movements.ts): users whose charges begin, wallets, then keys.
  const [, standings, journal, keys] = await together([
    lockChargesOf(tx, [userId]),
    readStandings(tx, [userId]),
    openJournal(tx, [userId]),
    AnsweredKeys.load(tx, [keyed]),
  ])
  const { response, replayed } = keys.answerOnce(keyed, () => {
    checkBalance(ctx, journal.balanceOf(userId), standings.get(userId)?.charging ?? 0, request)
    const movement = { kind: 'ADJUSTMENT', amount, transactionId, paymentId: null } as const
    const { balanceAfter, movedAt } = journal.record(userId, movement)
    const made = { transactionId, userId, amount, reason, currentBalance: balanceAfter }
    const adjusted = { adjustedBy: adminId, adjustedAt: movedAt.toISOString() }
    return { status: 201, response: { ...made, ...adjusted }, resourceId: transactionId }
  })
  if (replayed) return { data: response, replayed }
  const [isSaved] = await together([
    keys.save(tx),
    postMovements(ctx, tx, journal),
    insertAdjustment(tx, { transactionId, userId, amount, reason, adminId }),
    completeAdminAction(tx),
  ])
  if (!isSaved) startAgain(ctx.events, 'another transaction was quicker with the idempotency key')
  return { data: response, replayed }
}

function checkBalance(
  { config }: AdjustContext,
  currentBalance: number,
  charging: number,
  { amount }: AdjustmentRequest,
): void {
  const { BALANCE_MAX: balanceMax } = config
  if (currentBalance + amount < 0) {
    throw refuse('INSUFFICIENT_BALANCE', 'the wallet holds less than would be taken', {
      details: { currentBalance, amount },
    })
  }
  // What is being charged counts, as for a further charge (begin-charges.ts).
  if (amount > 0 && currentBalance + charging + amount > balanceMax) {
    throw refuse('BALANCE_LIMIT_EXCEEDED', `the balance may be at most ${balanceMax}`, {
      details: { currentBalance, charging, balanceMax },
    })
  }
}
