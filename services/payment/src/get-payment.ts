import { refuse } from '@frontrow/proto/refusals'
import type { Caller } from '@frontrow/service-host/auth'
import type { Context } from './context.ts'
import type { Payment } from './sql/payments.ts'
import { findPayment } from './sql/payments.ts'
import type { SagaStep } from './sql/purchase-sagas.ts'
import { listSagaSteps } from './sql/purchase-sagas.ts'

/** Reads a payment of the caller (of anybody, for an admin) with its saga's steps. Refuses with PAYMENT_NOT_FOUND. */
export async function getPayment(
  ctx: Pick<Context, 'pool'>,
  caller: Caller,
  paymentId: string,
): Promise<{ payment: Payment; steps: SagaStep[] }> {
  const payment = await findPayment(ctx.pool, paymentId)
  if (payment === undefined || (payment.userId !== caller.userId && !caller.isAdmin)) {
    throw refuse('PAYMENT_NOT_FOUND', 'no such payment of yours')
  }
  return { payment, steps: await listSagaSteps(ctx.pool, paymentId) }
}
