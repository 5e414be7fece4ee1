import { inTransaction } from '@frontrow/postgres/transaction'
import { advancePurchaseSaga } from './advance-purchase-saga.ts'
import type { Context } from './context.ts'
import { isDue, listDueSagas } from './sql/purchase-sagas.ts'

const BATCH_MAX = 100

/**
 * Tells sagas whose reply did not come in time that their deadline has passed, each in a transaction of its own. Several
 * instances may run this, since a saga that one has locked is passed over by the others. Returns true when there may be
 * more.
 */
export async function remindSagas(ctx: Context, signal: AbortSignal): Promise<boolean> {
  const due = await listDueSagas(ctx.pool, ctx.now(), BATCH_MAX)
  for (const paymentId of due) {
    if (signal.aborted) return false
    await inTransaction(ctx.pool, async (tx) => {
      if (!(await isDue(tx, paymentId, ctx.now()))) return
      await advancePurchaseSaga(ctx, tx, paymentId, { type: 'DeadlinePassed' })
    })
  }
  return due.length === BATCH_MAX
}
