import { enqueue } from '@frontrow/messaging/outbox'
import { inTransaction } from '@frontrow/postgres/transaction'
import type { Context } from './context.ts'
import { expiredMessage } from './reservation-messages.ts'
import { expireLapsed } from './sql/reservations.ts'
import { freeSeatsOf } from './sql/seat-holds.ts'

/**
 * One batch of lapsed holds: EXPIRED, their seat rows gone, others told. Returns whether there may be more. Nothing is
 * right or wrong by it: a lapsed hold reads EXPIRED, can't be confirmed, and is taken over by the next buyer without it.
 */
export async function expireHolds(ctx: Context): Promise<boolean> {
  const limit = ctx.config.SWEEP_BATCH_MAX
  const expired = await inTransaction(ctx.pool, async (tx) => {
    const found = await expireLapsed(tx, limit)
    if (found.length === 0) return found
    await freeSeatsOf(
      tx,
      found.map((reservation) => reservation.reservationId),
    )
    await enqueue(tx, ctx.relay, found.map(expiredMessage))
    return found
  })
  ctx.counters.expired(expired, 'swept')
  return expired.length === limit
}
