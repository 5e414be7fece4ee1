import { handler } from '@frontrow/messaging/consumer'
import type { Handler } from '@frontrow/messaging/consumer'
import { DebitWallet, RefundWallet } from '@frontrow/proto/events'
import { topics } from '@frontrow/proto/topics'
import { z } from 'zod'
import { applyPaymentCommand } from './apply-payment-command.ts'
import type { WalletContext } from './context.ts'

/** The topics this service listens to. */
export const consumedTopics = [topics.walletCommands]

// No payment is of nothing, so a debit of 0 is a defect of its sender.
const PositiveDebit = DebitWallet.extend({ amount: z.int().positive() })

/** The handler of each message type. */
export function messageHandlers(ctx: WalletContext): Record<string, Handler> {
  return {
    DebitWallet: handler(PositiveDebit, async ({ paymentId, userId, amount }, message) => {
      await applyPaymentCommand(ctx, paymentId, { kind: 'DEBIT', userId, amount }, message)
    }),
    RefundWallet: handler(RefundWallet, async ({ paymentId, userId, amount }, message) => {
      await applyPaymentCommand(ctx, paymentId, { kind: 'REFUND', userId, amount }, message)
    }),
  }
}
