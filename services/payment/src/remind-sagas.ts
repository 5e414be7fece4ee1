import { isDatabaseOutage } from '@frontrow/postgres/errors'
import { inTransaction } from '@frontrow/postgres/transaction'
import { advancePurchaseSagas } from './advance-purchase-sagas.ts'
import type { Context } from './context.ts'
import { oneByOne } from './one-by-one.ts'
import { listDueSagas, lockDueSagas, postponeDeadline } from './sql/purchase-sagas.ts'

/** What reminders work with. */
export type RemindingContext = Omit<Context, 'cardProvider' | 'getReservation'>

const BATCH_MAX = 100

/**
 * Tells sagas whose reply did not come in time that their deadline has passed, up to 100 in one transaction. Several instances may
 * run this, since a saga that one has locked is passed over by the others. A saga that can't be told is looked at again after the
 * longest wait for a reply, so that it does not stand in the way of others. Returns true when there may be more.
 */
export async function remindSagas(ctx: RemindingContext, signal: AbortSignal): Promise<boolean> {
  const due = await listDueSagas(ctx.pool, ctx.now(), BATCH_MAX)
  if (due.length === 0) return false
  try {
    await remind(ctx, due)
  } catch (error) {
    if (isDatabaseOutage(error)) throw error
    await oneByOne(
      due,
      async (paymentId) => {
        if (!signal.aborted) await remind(ctx, [paymentId])
      },
      (paymentId, failure) => postpone(ctx, paymentId, failure),
    )
  }
  return !signal.aborted && due.length === BATCH_MAX
}

async function remind(ctx: RemindingContext, due: readonly string[]): Promise<void> {
  await inTransaction(ctx.pool, async (tx) => {
    // A reply may have come since they were listed.
    const stillDue = await lockDueSagas(tx, due, ctx.now())
    await advancePurchaseSagas(
      ctx,
      tx,
      stillDue.map((paymentId) => ({ paymentId, message: { type: 'DeadlinePassed' } })),
    )
  })
}

async function postpone(ctx: RemindingContext, paymentId: string, error: unknown): Promise<void> {
  const now = ctx.now()
  const until = new Date(now.getTime() + ctx.config.SAGA_REPLY_WAIT_MAX_MS)
  ctx.logger.error({ err: error, paymentId, until }, 'a saga could not be told that its deadline has passed')
  await postponeDeadline(ctx.pool, paymentId, now, until)
}
