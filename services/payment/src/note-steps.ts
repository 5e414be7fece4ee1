import type { PaymentEvents } from './events.ts'
import type { PaymentIntake } from './payment-intake.ts'
import type { Payment, PaymentMethod } from './sql/payments.ts'
import { beganAt } from './uuid-time.ts'

/** By the payment's method, because the steps of cards wait for the provider. */
export type Intakes = Readonly<Record<PaymentMethod, PaymentIntake>>

const methodOfFirstStep: Readonly<Record<string, PaymentMethod>> = {
  WalletDebited: 'BALANCE',
  CardCaptured: 'CARD',
}

const OWNERS_STATE = 'AWAITING_ACTION'

/** The same events, which tell the intakes of each first step that ended. */
export function notingSteps(events: PaymentEvents, intakes: Intakes): PaymentEvents {
  return {
    ...events,
    moved(saga) {
      events.moved(saga)
      if (saga.from === OWNERS_STATE || saga.to === OWNERS_STATE) intakes.CARD.waitsForOwner(saga.paymentId)
      const method = methodOfFirstStep[saga.message]
      if (method !== undefined && saga.from === 'TAKING_MONEY' && saga.to === 'CONFIRMING') {
        intakes[method].stepEnded(ageOf(saga.paymentId))
      }
    },
  }
}

/** Tells the intakes of a payment that has settled in this process, or waits for the owner of its card from now on. */
export function noteSettled(intakes: Intakes, { paymentId, paymentMethod, status, paidAt }: Payment): void {
  const intake = intakes[paymentMethod]
  intake.settled(paymentId)
  if (isOwnersTime(intake, paymentId, status)) return
  if (status === 'FAILED') intake.allStepsEnded(ageOf(paymentId))
  // The refund of a payment that was paid before says nothing of how fast payments are taken. Any other settles a payment whose first
  // step was noted when its money was taken.
  else if (status === 'APPROVED' || paidAt === null) intake.stepEnded(ageOf(paymentId))
}

/**
 * Tells the intakes of a payment that another instance settled, so that this one knows how fast payments are taken even where it has no
 * partition and applies no reply. It took until its row says, and not until somebody here looked.
 */
export function noteFound(
  intakes: Intakes,
  { paymentId, paymentMethod, status, paidAt, endedAt }: Payment,
): void {
  const intake = intakes[paymentMethod]
  intake.settled(paymentId)
  if (isOwnersTime(intake, paymentId, status)) return
  intake.allStepsEnded(ageOf(paymentId, (paidAt ?? endedAt)?.getTime()))
}

/** A payment that waits for its owner, or has done so before it ended, says nothing of how fast payments are taken. */
function isOwnersTime(intake: PaymentIntake, paymentId: string, status: Payment['status']): boolean {
  if (status === 'PENDING') intake.waitsForOwner(paymentId)
  return intake.hasWaitedForOwner(paymentId)
}

function ageOf(paymentId: string, atMs = Date.now()): number {
  return atMs - beganAt(paymentId).getTime()
}
