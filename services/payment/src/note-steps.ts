import type { PaymentEvents } from './events.ts'
import type { PaymentIntake } from './payment-intake.ts'
import type { Payment, PaymentMethod } from './sql/payments.ts'

/** By the payment's method, because the steps of cards wait for the provider. */
export type Intakes = Readonly<Record<PaymentMethod, PaymentIntake>>

const methodOfFirstStep: Readonly<Record<string, PaymentMethod>> = {
  WalletDebited: 'BALANCE',
  CardCaptured: 'CARD',
}

/** The same events, which tell the intakes of each first step that ended. */
export function notingSteps(events: PaymentEvents, intakes: Intakes): PaymentEvents {
  return {
    ...events,
    moved(saga) {
      events.moved(saga)
      const method = methodOfFirstStep[saga.message]
      if (method !== undefined && saga.from === 'TAKING_MONEY' && saga.to === 'CONFIRMING') {
        intakes[method].stepEnded(ageOf(saga.paymentId))
      }
    },
  }
}

/** Tells the intakes of a payment that has settled. */
export function noteSettled(intakes: Intakes, { paymentId, paymentMethod, status, paidAt }: Payment): void {
  const intake = intakes[paymentMethod]
  intake.settled(paymentId)
  if (status === 'APPROVED') intake.stepEnded(ageOf(paymentId))
  // The refund of a payment that was paid before says nothing of how fast payments are taken.
  else if (paidAt === null) intake.endedEarly(ageOf(paymentId))
}

/** A UUIDv7 begins with the milliseconds at which it was made: here, just before the payment began. */
function ageOf(paymentId: string): number {
  return Date.now() - Number.parseInt(paymentId.slice(0, 8) + paymentId.slice(9, 13), 16)
}
