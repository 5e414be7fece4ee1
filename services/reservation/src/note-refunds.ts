import type { Claimed } from '@frontrow/messaging/inbox'
import type { Tx } from '@frontrow/postgres/pool'
import { onCommit } from '@frontrow/postgres/transaction'
import { runWithTrace } from '@frontrow/trace-context/trace-context'
import type { Context } from './context.ts'
import { markRefunded } from './sql/reservations.ts'

/** Stores that cancelled reservations were refunded. Refunds of payments that confirmed no reservation change nothing. */
export async function noteRefunds(
  ctx: Context,
  tx: Tx,
  messages: readonly Claimed<{ paymentId: string }>[],
): Promise<void> {
  const traces = new Map(
    messages.filter(({ isNew }) => isNew).map(({ content, trace }) => [content.paymentId, trace]),
  )
  if (traces.size === 0) return
  const refunded = await markRefunded(tx, [...traces.keys()])
  onCommit(tx, () => {
    for (const [paymentId, trace] of traces) {
      if (refunded.has(paymentId)) runWithTrace(trace, () => ctx.counters.refunded(paymentId))
    }
  })
}
