import type { Claimed } from '@frontrow/messaging/inbox'
import { enqueue } from '@frontrow/messaging/outbox'
import type { Tx } from '@frontrow/postgres/pool'
import { onCommit, together } from '@frontrow/postgres/transaction'
import { topics } from '@frontrow/proto/topics'
import { runWithTrace } from '@frontrow/trace-context/trace-context'
import type { WalletContext } from './context.ts'
import { decidePaymentCommands } from './decide-payment-commands.ts'
import type { Applied, PaymentCommand } from './decide-payment-commands.ts'
import { openJournal, postMovements, startAgain } from './post-movements.ts'
import { lockFences, saveFences } from './sql/payment-movements.ts'
import type { FenceChanges } from './sql/payment-movements.ts'

type ApplyContext = Pick<WalletContext, 'relay' | 'events'>

/**
 * Applies the commands of payments and answers each, in the transaction that has claimed them. A command that arrives again,
 * under the same message id or another, changes nothing. Its reply is sent again under the reply's first message id, because
 * the sender may not have received it. Throws ContradictingCommandError where one of them contradicts its payment.
 */
export async function applyPaymentCommands(
  ctx: ApplyContext,
  tx: Tx,
  messages: readonly Claimed<PaymentCommand>[],
): Promise<void> {
  const commands = messages.map(({ content }) => content)
  // Fences are read after the wallets are locked. Who waited for the lock of a wallet then sees the fences of its payments.
  const [journal, stored] = await together([
    openJournal(
      tx,
      commands.map(({ command }) => command.userId),
    ),
    lockFences(
      tx,
      commands.map(({ paymentId }) => paymentId),
    ),
  ])
  const { applied, fences } = decidePaymentCommands(journal, stored, commands)
  const answered = messages.flatMap((message, index) => {
    const of = applied[index]
    return of === undefined ? [] : [{ ...message, ...of }]
  })
  await together([
    writeFences(ctx, tx, fences),
    postMovements(ctx, tx, journal),
    enqueue(
      tx,
      ctx.relay,
      answered.map(({ content: { paymentId }, reply: { type, ...content }, replyId, trace }) => ({
        id: replyId,
        topic: topics.walletEvents,
        key: paymentId,
        type,
        payload: { paymentId, ...content },
        trace,
      })),
    ),
  ])
  for (const answer of answered) {
    onCommit(tx, () => runWithTrace(answer.trace, () => report(ctx, answer)))
  }
}

// Two first commands of a payment at once (on two instances, while partitions move) both find no fence where the user has no
// wallet that they could wait for. The second one starts again and finds the first one's fence, since fences are never deleted.
async function writeFences({ events }: ApplyContext, tx: Tx, changes: FenceChanges): Promise<void> {
  const count = changes.first.size + changes.refunded.length
  if (count === 0 || (await saveFences(tx, changes)) === count) return
  startAgain(events, 'another transaction has applied a first command of one of the payments')
}

function report({ events }: ApplyContext, answer: Claimed<PaymentCommand> & Applied): void {
  const { isNew, movement, reply } = answer
  const { paymentId, command } = answer.content
  const { userId } = command
  if (movement !== null) {
    const { kind, amount, transactionId } = movement
    events.moved({ userId, kind, amount, transactionId, paymentId })
  }
  if (isNew && reply.type === 'WalletDebitRefused') {
    events.refused({ userId, reason: reply.reason, amount: command.amount })
  }
  events.commandAnswered({ paymentId, command, reply, repeated: !isNew })
}
