import { inTransaction } from '@frontrow/postgres/transaction'
import { isRefusal, refuse } from '@frontrow/proto/refusals'
import { uuidv7 } from 'uuidv7'
import { answerOnce } from './answer-once.ts'
import type { KeyedAnswer } from './answer-once.ts'
import type { WalletContext } from './context.ts'
import { postMovement } from './post-movement.ts'
import { insertCharge, insertFailedCharge, markCharged } from './sql/charges.ts'
import type { Charge } from './sql/charges.ts'

/** A request of a person, or of an admin for them, to put money into the person's wallet. */
export interface ChargeCommand {
  userId: string
  amount: number
  /** The owner of the key, who may be an admin. */
  callerId: string
  idempotencyKey: string
}

/** Charges a wallet once per key. Refuses with INVALID_REQUEST, BALANCE_LIMIT_EXCEEDED or as `claimKey` does. */
export async function chargeWallet(ctx: WalletContext, command: ChargeCommand): Promise<KeyedAnswer> {
  checkAmount(ctx.config, command.amount)
  const charge: Charge = { chargeId: uuidv7(), userId: command.userId, amount: command.amount }
  let answer: KeyedAnswer
  try {
    answer = await chargeInTransaction(ctx, command, charge)
  } catch (error) {
    if (isRefusal(error, 'BALANCE_LIMIT_EXCEEDED')) await recordFailure(ctx, charge, error.code)
    throw error
  }
  if (!answer.replayed) {
    ctx.events.moved({
      userId: charge.userId,
      kind: 'CHARGE',
      amount: charge.amount,
      transactionId: charge.chargeId,
    })
  }
  return answer
}

function chargeInTransaction(
  ctx: WalletContext,
  { callerId, idempotencyKey }: ChargeCommand,
  { chargeId, userId, amount }: Charge,
): Promise<KeyedAnswer> {
  const request = {
    userId: callerId,
    operation: 'charge-wallet',
    key: idempotencyKey,
    content: { userId, amount },
  }
  return inTransaction(ctx.pool, (tx) =>
    answerOnce(tx, request, async () => {
      await insertCharge(tx, { chargeId, userId, amount })
      const { posted } = await postMovement(
        tx,
        userId,
        (wallet) => {
          checkLimit(ctx.config, wallet.balance, amount)
          return { movement: { kind: 'CHARGE', amount, transactionId: chargeId, paymentId: null } }
        },
        () => ctx.events.collided(),
      )
      if (posted === null) throw new Error('a charge moved nothing')
      await markCharged(tx, chargeId)
      const data = {
        userId,
        chargedAmount: amount,
        currentBalance: posted.balance,
        transactionId: chargeId,
        chargedAt: posted.createdAt.toISOString(),
      }
      return { data, resourceId: chargeId }
    }),
  )
}

function checkAmount(config: WalletContext['config'], amount: number): void {
  const { CHARGE_AMOUNT_MIN: min, CHARGE_AMOUNT_MAX: max } = config
  if (amount >= min && amount <= max) return
  const rule = `must be from ${min} to ${max}`
  throw refuse('INVALID_REQUEST', `amount: ${rule}`, { details: [{ in: 'body', field: 'amount', rule }] })
}

function checkLimit(config: WalletContext['config'], balance: number, amount: number): void {
  if (balance + amount <= config.BALANCE_MAX) return
  throw refuse('BALANCE_LIMIT_EXCEEDED', `the balance may be at most ${config.BALANCE_MAX}`, {
    details: { currentBalance: balance, balanceMax: config.BALANCE_MAX },
  })
}

// The record is for people who look into it later, so the caller gets the refusal even where it could not be written.
async function recordFailure(ctx: WalletContext, charge: Charge, reason: string): Promise<void> {
  ctx.events.refused({ userId: charge.userId, reason, amount: charge.amount })
  try {
    await insertFailedCharge(ctx.pool, charge, reason)
  } catch (error) {
    ctx.logger.warn({ err: error, chargeId: charge.chargeId }, 'a refused charge could not be recorded')
  }
}
