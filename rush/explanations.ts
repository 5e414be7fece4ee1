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
  readonly cardToken: 'tok_approved' | 'tok_declined'
  readonly amount: number
  /** Of the wallet; undefined where a charge went unanswered. */
  readonly balance: number | undefined
}

/** Deadlines are checked by another clock, and a moment passes on the way. */
const DEADLINE_SLACK_MS = 2_000

/** Whether the fan's own doings explain a refusal; one that is not explained is a defect of the system. */
export function isExplained(step: Step, code: string, fan: Circumstances): boolean {
  const passed = (deadline: number | undefined): boolean =>
    deadline !== undefined && fan.at >= deadline - DEADLINE_SLACK_MS
  switch (code) {
    case 'QUEUE_TOKEN_EXISTS':
      return step === 'join' && fan.triedBefore
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
    // The money could not be taken in time and whatever was taken is given back: the honest end of an outage.
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
