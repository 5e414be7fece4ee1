import { reader } from '@frontrow/messaging/handlers'
import type { MessageHandlers } from '@frontrow/messaging/handlers'
import { DebitWallet, RefundWallet } from '@frontrow/proto/events'
import { topics } from '@frontrow/proto/topics'
import { runWithTrace } from '@frontrow/trace-context/trace-context'
import { z } from 'zod'
import { applyPaymentCommand } from './apply-payment-command.ts'
import type { WalletContext } from './context.ts'
import type { Command } from './decide-payment-movement.ts'

/** The topics this service listens to. */
export const consumedTopics = [topics.walletCommands]

// No payment is of nothing, so a debit of 0 is a defect of its sender.
const PositiveDebit = DebitWallet.extend({ amount: z.int().positive() })

/** What a payment asks of a wallet. */
export interface PaymentCommand {
  paymentId: string
  command: Command
}

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
    handleMany: async (messages) => {
      for (const { content, trace, ...message } of messages) {
        await runWithTrace(trace, () => applyPaymentCommand(ctx, content.paymentId, content.command, message))
      }
    },
  }
}
