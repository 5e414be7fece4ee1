import { refuse } from '@frontrow/proto/refusals'
import { uuidv7 } from 'uuidv7'
import type { WalletContext } from './context.ts'
import { requestMovement } from './request-movements.ts'
import type { KeyedAnswer, WalletRequest } from './request-movements.ts'

/**
 * Charges a wallet once per key. Refuses with INVALID_REQUEST, BALANCE_LIMIT_EXCEEDED (which is recorded as a FAILED charge) or
 * as `requestMovement` does.
 */
export async function chargeWallet(ctx: WalletContext, request: WalletRequest): Promise<KeyedAnswer> {
  const { userId, amount } = request
  checkAmount(ctx.config, amount)
  const { BALANCE_MAX } = ctx.config
  return requestMovement(ctx, {
    ...request,
    operation: 'charge-wallet',
    kind: 'CHARGE',
    transactionId: uuidv7(),
    refusalAt: (balance) =>
      balance + amount <= BALANCE_MAX
        ? null
        : refuse('BALANCE_LIMIT_EXCEEDED', `the balance may be at most ${BALANCE_MAX}`, {
            details: { currentBalance: balance, balanceMax: BALANCE_MAX },
          }),
    toData: ({ balanceAfter, transactionId, movedAt }) => ({
      userId,
      chargedAmount: amount,
      currentBalance: balanceAfter,
      transactionId,
      chargedAt: movedAt.toISOString(),
    }),
  })
}

function checkAmount(config: WalletContext['config'], amount: number): void {
  const { CHARGE_AMOUNT_MIN: min, CHARGE_AMOUNT_MAX: max } = config
  if (amount >= min && amount <= max) return
  const rule = `must be from ${min} to ${max}`
  throw refuse('INVALID_REQUEST', `amount: ${rule}`, { details: [{ in: 'body', field: 'amount', rule }] })
}
