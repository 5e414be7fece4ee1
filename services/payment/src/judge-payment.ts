import type { PaymentFact__Output as PaymentFact } from '@frontrow/proto/gen/frontrow/audit/v1/PaymentFact'
import type { PaymentFacts } from './sql/payments.ts'

/** What the three services say of one payment; a part is missing where a service knows nothing of it. */
export interface FactsOfPayment {
  paymentId: string
  payment: PaymentFacts | undefined
  reservation: PaymentFact | undefined
  wallet: PaymentFact | undefined
}

/** What was found: which invariants the payment was looked at for, and which it breaks. */
export interface Judgement {
  unsettled: boolean
  lookedAt: readonly (2 | 3)[]
  violations: readonly { number: 2 | 3; text: string }[]
}

type Problem = { number: 2 | 3; text: string }

const SETTLED = new Set(['APPROVED', 'FAILED', 'REFUNDED'])

/**
 * Invariants 2 and 3 for one payment: a CONFIRMED reservation has exactly one APPROVED payment of its amount whose money
 * was taken exactly once; money taken for any other payment has been given back, once. Pure. A payment whose saga is at
 * work is not judged.
 */
export function judgePayment(facts: FactsOfPayment): Judgement {
  const { payment } = facts
  if (payment === undefined) return judgeUnknown(facts)
  if (!SETTLED.has(payment.sagaState)) return { unsettled: true, lookedAt: [], violations: [] }
  const problems = payment.status === 'APPROVED' ? judgeApproved(payment, facts) : judgeEnded(payment, facts)
  return {
    unsettled: false,
    lookedAt: payment.status === 'APPROVED' ? [2] : [2, 3],
    violations: problems.map(({ number, text }) => ({
      number,
      text: `payment ${payment.paymentId}: ${text}`,
    })),
  }
}

function judgeUnknown({ paymentId, reservation, wallet }: FactsOfPayment): Judgement {
  const violations: Problem[] = []
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

function judgeApproved(payment: PaymentFacts, { reservation, wallet }: FactsOfPayment): Problem[] {
  const problems: Problem[] = []
  const say = (text: string): void => {
    problems.push({ number: 2, text })
  }
  if (reservation === undefined) say('it is APPROVED, but confirmed no reservation')
  else {
    if (reservation.status !== 'CONFIRMED')
      say(`it is APPROVED, but its reservation is ${reservation.status}`)
    if (reservation.amount !== payment.amount) {
      say(`it is of ${payment.amount}, its reservation of ${reservation.amount}`)
    }
    if (reservation.reservationId !== payment.reservationId)
      say('it confirmed another reservation than it paid for')
  }
  if (payment.paymentMethod === 'CARD') {
    if (payment.captureStatus !== 'CAPTURED')
      say(`it is APPROVED, but its capture is ${payment.captureStatus}`)
    if (wallet !== undefined && wallet.debitCount > 0) say('it was paid by card, and from a wallet too')
  } else {
    const debits = wallet?.debitCount ?? 0
    if (debits !== 1) say(`its money was taken ${debits} times`)
    else if (wallet?.debited !== payment.amount)
      say(`it is of ${payment.amount}, but ${wallet?.debited} was taken`)
    if ((wallet?.refunded ?? 0) !== 0) say(`it is APPROVED, but ${wallet?.refunded} was given back`)
  }
  return problems
}

function judgeEnded(payment: PaymentFacts, { reservation, wallet }: FactsOfPayment): Problem[] {
  const problems: Problem[] = []
  if (reservation?.status === 'CONFIRMED') {
    problems.push({ number: 2, text: `it is ${payment.status}, but its reservation is CONFIRMED` })
  }
  const say = (text: string): void => {
    problems.push({ number: 3, text })
  }
  if (payment.paymentMethod === 'CARD') {
    const given = payment.captureStatus === 'REFUNDED'
    if (payment.status === 'REFUNDED' && !given)
      say(`it is REFUNDED, but its capture is ${payment.captureStatus}`)
    if (payment.captureStatus === 'CAPTURED') say(`it is ${payment.status}, but the card's money is kept`)
    return problems
  }
  const debited = wallet?.debited ?? 0
  const refunded = wallet?.refunded ?? 0
  if (debited !== refunded) say(`it is ${payment.status}; ${debited} was taken and ${refunded} given back`)
  if ((wallet?.refundCount ?? 0) > 1) say(`its money was given back ${wallet?.refundCount} times`)
  if (payment.status === 'REFUNDED' && refunded !== payment.amount) {
    say(`it is REFUNDED, but ${refunded} of ${payment.amount} was given back`)
  }
  return problems
}
