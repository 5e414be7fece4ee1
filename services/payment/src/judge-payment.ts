import type { PaymentFact__Output as PaymentFact } from '@frontrow/proto/gen/frontrow/audit/v1/PaymentFact'
import type { PaymentFacts } from './sql/payments.ts'

/** What the three services say of one payment; a part is missing where a service knows nothing of it. */
export interface FactsOfPayment {
  paymentId: string
  payment: PaymentFacts | undefined
  reservation: PaymentFact | undefined
  wallet: PaymentFact | undefined
}

/** Which invariants a payment was looked at for, and which it breaks. `unsettled`: its saga is at work, so none was judged. */
export interface Judgement {
  unsettled: boolean
  lookedAt: readonly (2 | 3)[]
  violations: readonly Violation[]
}

type Violation = { number: 2 | 3; text: string }

/**
 * That a saga does not know yet that its reservation is cancelled breaks nothing for so long: the message may wait for the broker to come
 * back. Reconciliation tells it without the broker, in its next round where the payment was made within the last hour, else when its walk
 * comes by, which is 30,000 payments in this time.
 */
const UNTOLD_MS = 15 * 60_000

const SETTLED = new Set(['APPROVED', 'FAILED', 'REFUNDED'])

/**
 * Judges one payment by invariants 2 and 3: a CONFIRMED reservation has exactly one APPROVED payment of its amount whose money
 * was taken exactly once; money taken for any other payment has been given back, once. A payment whose saga is at work is
 * not judged, unless a person has to find out whether its card's money was taken; one that has not heard of a cancellation yet is at work, and
 * judged by all else. Pure.
 */
export function judgePayment(facts: FactsOfPayment, now: Date): Judgement {
  const { payment } = facts
  if (payment === undefined) return judgeUnknown(facts)
  if (!SETTLED.has(payment.sagaState)) {
    return payment.isCaptureLeft ? judgeLeft(payment) : UNSETTLED
  }
  const isLate = payment.status === 'APPROVED' && isUntold(facts, now)
  const violations =
    payment.status === 'APPROVED' ? judgeApproved(payment, facts, isLate) : judgeEnded(payment, facts)
  return {
    unsettled: isLate,
    lookedAt: payment.status === 'APPROVED' ? [2] : [2, 3],
    violations: violations.map(({ number, text }) => ({
      number,
      text: `payment ${payment.paymentId}: ${text}`,
    })),
  }
}

const UNSETTLED: Judgement = { unsettled: true, lookedAt: [], violations: [] }

function isUntold({ reservation }: FactsOfPayment, now: Date): boolean {
  return (
    reservation?.status === 'CANCELLED' &&
    reservation.cancelledAtMs > 0 &&
    now.getTime() - reservation.cancelledAtMs < UNTOLD_MS
  )
}

function judgeLeft({ paymentId }: PaymentFacts): Judgement {
  const text = `payment ${paymentId}: the card provider has forgotten its key; look there whether its money was taken`
  return { unsettled: true, lookedAt: [3], violations: [{ number: 3, text }] }
}

function judgeUnknown({ paymentId, reservation, wallet }: FactsOfPayment): Judgement {
  const violations: Violation[] = []
  if (reservation?.status === 'CONFIRMED') {
    violations.push({
      number: 2,
      text: `reservation ${reservation.reservationId} is CONFIRMED by payment ${paymentId}, which does not exist`,
    })
  }
  if (wallet !== undefined && wallet.debited !== wallet.refunded) {
    violations.push({
      number: 3,
      text: `a wallet paid ${wallet.debited} for payment ${paymentId}, which does not exist, and got ${wallet.refunded} back`,
    })
  }
  return { unsettled: false, lookedAt: [2, 3], violations }
}

function judgeApproved(
  payment: PaymentFacts,
  { reservation, wallet }: FactsOfPayment,
  isUntoldYet: boolean,
): Violation[] {
  const violations: Violation[] = []
  const report = (text: string): void => {
    violations.push({ number: 2, text })
  }
  if (reservation === undefined) report('it is APPROVED, but confirmed no reservation')
  else {
    if (reservation.status !== 'CONFIRMED' && !isUntoldYet)
      report(`it is APPROVED, but its reservation is ${reservation.status}`)
    if (reservation.amount !== payment.amount) {
      report(`it is of ${payment.amount}, its reservation of ${reservation.amount}`)
    }
    if (reservation.reservationId !== payment.reservationId)
      report('it confirmed another reservation than it paid for')
  }
  if (payment.paymentMethod === 'CARD') {
    if (payment.captureStatus !== 'CAPTURED')
      report(`it is APPROVED, but its capture is ${payment.captureStatus}`)
    if (wallet !== undefined && wallet.debitCount > 0) report('it was paid by card, and from a wallet too')
  } else {
    const debits = wallet?.debitCount ?? 0
    if (debits !== 1) report(`its money was taken ${debits} times`)
    else if (wallet?.debited !== payment.amount)
      report(`it is of ${payment.amount}, but ${wallet?.debited} was taken`)
    if ((wallet?.refunded ?? 0) !== 0) report(`it is APPROVED, but ${wallet?.refunded} was given back`)
  }
  return violations
}

function judgeEnded(payment: PaymentFacts, { reservation, wallet }: FactsOfPayment): Violation[] {
  const violations: Violation[] = []
  if (reservation?.status === 'CONFIRMED') {
    violations.push({ number: 2, text: `it is ${payment.status}, but its reservation is CONFIRMED` })
  }
  const report = (text: string): void => {
    violations.push({ number: 3, text })
  }
  if (payment.paymentMethod === 'CARD') {
    const isGivenBack = payment.captureStatus === 'REFUNDED'
    if (payment.status === 'REFUNDED' && !isGivenBack)
      report(`it is REFUNDED, but its capture is ${payment.captureStatus}`)
    if (payment.captureStatus === 'CAPTURED') report(`it is ${payment.status}, but the card's money is kept`)
    if (payment.captureStatus === 'PENDING' || payment.captureStatus === 'ACTION_REQUIRED')
      report(`it is ${payment.status}, but money can still be taken from the card`)
    return violations
  }
  const debited = wallet?.debited ?? 0
  const refunded = wallet?.refunded ?? 0
  if (debited !== refunded) report(`it is ${payment.status}; ${debited} was taken and ${refunded} given back`)
  if ((wallet?.refundCount ?? 0) > 1) report(`its money was given back ${wallet?.refundCount} times`)
  if (payment.status === 'REFUNDED' && refunded !== payment.amount) {
    report(`it is REFUNDED, but ${refunded} of ${payment.amount} was given back`)
  }
  return violations
}
