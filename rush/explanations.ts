import type { CardToken } from './fan-profile.ts'
import type { Step } from './measurements.ts'

/** What a fan knows about itself when it is refused. Times are ms since the epoch. */
export interface Circumstances {
  /** When the refusal came. */
  readonly at: number
  /** An earlier try of this call may have taken effect. */
  readonly triedBefore: boolean
  readonly tokenExpiresAt: number | undefined
  readonly holdExpiresAt: number | undefined
  readonly holdUncertain: boolean
  readonly payment: PaymentAttempt | undefined
}

/** How a fan tries to pay. */
export interface PaymentAttempt {
  readonly method: 'BALANCE' | 'CARD'
  readonly cardToken: CardToken
  readonly amount: number
  /** What the wallet holds; undefined where a charge went unanswered. */
  readonly balance: number | undefined
}

/** A deadline counts as passed this long before: the system has another clock, and an answer takes a moment to arrive. */
const DEADLINE_SLACK_MS = 2_000

/** Whether what the fan did explains a refusal. One that is not explained is a defect of the system. */
export function isExplained(step: Step, code: string, fan: Circumstances): boolean {
  const passed = (deadline: number | undefined): boolean =>
    deadline !== undefined && fan.at >= deadline - DEADLINE_SLACK_MS
  switch (code) {
    case 'QUEUE_TOKEN_EXISTS':
      return step === 'join' && fan.triedBefore
    case 'JOIN_CHECK_REQUIRED':
      return step === 'join'
    case 'QUEUE_TOKEN_INVALID':
    case 'QUEUE_TOKEN_NOT_ACTIVE':
      return passed(fan.tokenExpiresAt)
    case 'SEAT_TAKEN':
      return step === 'hold'
    case 'SEAT_LIMIT_EXCEEDED':
      return step === 'hold' && fan.holdUncertain
    case 'INSUFFICIENT_BALANCE':
      return step === 'pay' && isTooLittle(fan.payment)
    case 'CARD_DECLINED':
      return step === 'pay' && fan.payment?.method === 'CARD' && fan.payment.cardToken === 'tok_declined'
    // During an outage the money can't be taken in time. The system then gives up the payment and refunds what it took.
    case 'PAYMENT_TIMEOUT':
      return step === 'pay'
    case 'RESERVATION_EXPIRED':
      return step === 'pay' && passed(fan.holdExpiresAt)
    case 'RESERVATION_NOT_CANCELLABLE':
      return step === 'cancel' && passed(fan.holdExpiresAt)
    default:
      return false
  }
}

function isTooLittle(payment: PaymentAttempt | undefined): boolean {
  if (payment?.method !== 'BALANCE') return false
  return payment.balance === undefined || payment.balance < payment.amount
}
