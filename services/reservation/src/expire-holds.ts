import { enqueue } from '@frontrow/messaging/outbox'
import { inTransaction } from '@frontrow/postgres/transaction'
import type { Context } from './context.ts'
import { expiredMessage } from './reservation-messages.ts'
import { expireLapsed } from './sql/reservations.ts'
import { freeSeatsOf } from './sql/seat-holds.ts'

/**
 * Marks a batch of lapsed holds EXPIRED, frees their seats and publishes that. Returns whether there may be more. It only
 * tidies up: a lapsed hold already reads EXPIRED, can't be confirmed, and the next buyer can take its seats over.
 */
export async function expireHolds(ctx: Context): Promise<boolean> {
  const limit = ctx.config.SWEEP_BATCH_MAX
  const expired = await inTransaction(ctx.pool, async (tx) => {
    const lapsed = await expireLapsed(tx, limit)
    if (lapsed.length === 0) return lapsed
    await freeSeatsOf(
      tx,
      lapsed.map((reservation) => reservation.reservationId),
    )
    await enqueue(tx, ctx.relay, lapsed.map(expiredMessage))
    return lapsed
  })
  ctx.counters.expired(expired, 'swept')
  return expired.length === limit
}
