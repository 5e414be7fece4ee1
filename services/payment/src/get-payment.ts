import { refuse } from '@frontrow/proto/refusals'
import type { Caller } from '@frontrow/service-host/auth'
import type { Context } from './context.ts'
import { failureOf } from './payment-failure.ts'
import type { PaymentFailure } from './payment-failure.ts'
import { askReservation } from './show-reservation.ts'
import type { ShownReservation } from './show-reservation.ts'
import type { Payment } from './sql/payments.ts'
import { findPaymentWithSaga, listSagaSteps } from './sql/purchase-sagas.ts'
import type { SagaStep } from './sql/purchase-sagas.ts'

/** All that is told of one payment. */
export interface PaymentDetails {
  payment: Payment
  reservation: ShownReservation
  failure: PaymentFailure | null
  steps: SagaStep[]
}

/** Reads a payment of the caller (of anybody, for who may act for others) with its saga's steps. Refuses with PAYMENT_NOT_FOUND. */
export async function getPayment(
  ctx: Pick<Context, 'pool' | 'getReservation'>,
  caller: Caller,
  paymentId: string,
): Promise<PaymentDetails> {
  const found = await findPaymentWithSaga(ctx.pool, paymentId)
  if (found === undefined || (found.payment.userId !== caller.userId && !caller.actsForAnybody)) {
    throw refuse('PAYMENT_NOT_FOUND', 'no such payment of yours')
  }
  const { payment, saga } = found
  const [steps, reservation] = await Promise.all([
    listSagaSteps(ctx.pool, paymentId),
    askReservation(ctx, payment),
  ])
  return { payment, reservation, failure: failureOf({ ...payment, saga }), steps }
}
