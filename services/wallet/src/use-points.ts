import { refuse } from '@frontrow/proto/refusals'
import { uuidv7 } from 'uuidv7'
import type { WalletContext } from './context.ts'
import { requestMovement } from './request-movements.ts'
import type { KeyedAnswer, WalletRequest } from './request-movements.ts'

/** Deducts points once per key, outside of a payment. Refuses with INSUFFICIENT_BALANCE or as `requestMovement` does. */
export async function usePoints(ctx: WalletContext, request: WalletRequest): Promise<KeyedAnswer> {
  const { userId, amount } = request
  return requestMovement(ctx, {
    ...request,
    operation: 'use-points',
    kind: 'DEBIT',
    transactionId: uuidv7(),
    refusalAt: (balance) =>
      balance >= amount
        ? null
        : refuse('INSUFFICIENT_BALANCE', 'the wallet holds less than the amount', {
            details: { currentBalance: balance, amount },
          }),
    toData: ({ balanceAfter }) => ({ userId, balance: balanceAfter }),
  })
}
