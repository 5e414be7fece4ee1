import { reader } from '@frontrow/messaging/handlers'
import type { MessageHandlers } from '@frontrow/messaging/handlers'
import { claimed } from '@frontrow/messaging/inbox'
import { DebitWallet, RefundWallet } from '@frontrow/proto/events'
import { topics } from '@frontrow/proto/topics'
import { z } from 'zod'
import { applyPaymentCommands } from './apply-payment-commands.ts'
import type { WalletContext } from './context.ts'
import type { PaymentCommand } from './decide-payment-commands.ts'

/** The topics this service listens to. */
export const consumedTopics = [topics.walletCommands]

// No payment is of nothing, so a debit of 0 is a defect of its sender.
const PositiveDebit = DebitWallet.extend({ amount: z.int().positive() })

/** How the commands of payments are read and applied. */
export function messageHandlers(ctx: WalletContext): MessageHandlers<PaymentCommand> {
  return {
    readers: {
      DebitWallet: reader(PositiveDebit, ({ paymentId, userId, amount }) => ({
        paymentId,
        command: { kind: 'DEBIT', userId, amount },
      })),
      RefundWallet: reader(RefundWallet, ({ paymentId, userId, amount }) => ({
        paymentId,
        command: { kind: 'REFUND', userId, amount },
      })),
    },
    handleMany: claimed(ctx.pool, (tx, messages) => applyPaymentCommands(ctx, tx, messages)),
  }
}
