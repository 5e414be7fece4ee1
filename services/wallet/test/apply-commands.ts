import type { Incoming } from '@frontrow/messaging/handlers'
import { continueTrace } from '@frontrow/trace-context/trace-context'
import { uuidv7 } from 'uuidv7'
import type { WalletContext } from '../src/context.ts'
import type { PaymentCommand } from '../src/decide-payment-commands.ts'
import { messageHandlers } from '../src/messages.ts'

/** A command as the consumer hands it out, in a message and a trace of its own. */
export function messageOf(content: PaymentCommand, id = uuidv7()): Incoming<PaymentCommand> {
  const type = content.command.kind === 'DEBIT' ? 'DebitWallet' : 'RefundWallet'
  return { id, type, trace: continueTrace({}), content }
}

/** Applies commands as one batch of the consumer. */
export function applyCommands(ctx: WalletContext, commands: readonly PaymentCommand[]): Promise<void> {
  return messageHandlers(ctx).handleMany(commands.map((content) => messageOf(content)))
}
