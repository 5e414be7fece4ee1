import { claim } from '@frontrow/messaging/inbox'
import { inTransaction } from '@frontrow/postgres/transaction'
import type { Context } from './context.ts'
import { markRefunded } from './sql/reservations.ts'

/** The money of a cancelled reservation is back with its owner. Refunds of other payments are not ours to note. */
export async function noteRefund(
  ctx: Context,
  refund: { paymentId: string },
  message: { id: string; type: string },
): Promise<void> {
  const isNoted = await inTransaction(ctx.pool, async (tx) => {
    if (!(await claim(tx, message))) return false
    return markRefunded(tx, refund.paymentId)
  })
  if (isNoted) ctx.counters.refunded(refund.paymentId)
}
