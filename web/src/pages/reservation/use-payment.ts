import { useQueryClient } from '@tanstack/react-query'
import { api } from '../../api.ts'
import type { StepEnd } from '../../cards/card-problem.ts'
import type { CardStep } from '../../cards/card-step.ts'
import { whenInstalled } from '../../installation.ts'
import { reservationQuery } from '../../queries.ts'
import type { Reservation } from '../../queries.ts'
import { settle } from '../../settle.ts'
import { useOnce } from '../../use-once.ts'
import type { Once } from '../../use-once.ts'
import { readPaymentBody } from './payment-body.ts'
import type { PaymentBody } from './payment-body.ts'

/** The payment of a reservation. */
export type Payment = Once<PaymentBody, unknown>

/** Pays once. What a reload or a lost connection cut off goes on by itself, under its key; what was given up waits for a press. */
export function usePayment({ reservationId }: Reservation): Payment {
  const queries = useQueryClient()
  const purpose = `pay.${reservationId}`
  return useOnce({
    purpose,
    read: (body) => readPaymentBody(body, reservationId),
    run: (body, tell) =>
      settle({
        purpose,
        body,
        tell,
        takeStep: (step) => takeStep(step, () => tell('step')),
        send: (key) => api.POST('/api/v1/payments', { params: { header: { 'Idempotency-Key': key } }, body }),
      }),
    // The reservation itself says what came of it.
    onSettled: () =>
      Promise.all(
        [reservationQuery(reservationId).queryKey, ['reservations'], ['balance'], ['wallet-history']].map(
          (queryKey) => queries.invalidateQueries({ queryKey }),
        ),
      ),
  })
}

/** A step that these pages can show, shown; what else there is stays open. */
async function takeStep(step: CardStep, onBegin: () => void): Promise<StepEnd> {
  if (step.kind !== 'stripe') return 'open'
  const publishableKey = (await whenInstalled())?.stripePublishableKey
  if (publishableKey === undefined) return 'open'
  try {
    const { takeStripeStep } = await import('../../cards/stripe.ts')
    return await takeStripeStep(step, publishableKey, onBegin)
  } catch (error) {
    // The file did not come. The next press asks for it again.
    console.warn(error)
    return 'open'
  }
}
