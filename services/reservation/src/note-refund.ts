import { claim } from '@frontrow/messaging/inbox'
import { inTransaction } from '@frontrow/postgres/transaction'
import type { Context } from './context.ts'
import { markRefunded } from './sql/reservations.ts'

/** Stores that a cancelled reservation was refunded. Refunds of payments that confirmed no reservation change nothing. */
export async function noteRefund(
  ctx: Context,
  refund: { paymentId: string },
  message: { id: string; type: string },
): Promise<void> {
  const isNoted = await inTransaction(ctx.pool, async (tx) => {
    if (!(await claim(tx, [message])).has(message.id)) return false
    return markRefunded(tx, refund.paymentId)
  })
  if (isNoted) ctx.counters.refunded(refund.paymentId)
}
