import { refuse } from '@frontrow/proto/refusals'
import type { RefusalCode } from '@frontrow/proto/refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import type { SagaState } from './purchase-saga.ts'
import type { Payment } from './sql/payments.ts'

/** Why a payment has no ticket, or none any more, as its buyer is told. */
export interface PaymentFailure {
  /** What POST /payments was or would have been refused with, or what became of the reservation after it was paid. */
  code: FailureCode
  /** A sentence: why, and where the money is. */
  message: string
  /** The saga's word for why, or the card provider's sentence. */
  reason: string | null
  /** Whether money was taken; null while it is being found out. */
  moneyMoved: boolean | null
  /** Of money that was taken, or may have been. Null where none was. */
  refund: 'PENDING' | 'REFUNDED' | null
}

type FailureCode = RefusalCode | 'RESERVATION_CANCELLED' | 'SCHEDULE_CANCELLED'

/** What is known of a payment's end. */
export interface PaymentEnd extends Pick<Payment, 'status' | 'paidAt' | 'reason' | 'paymentMethod'> {
  saga: { state: SagaState; moneyTaken: boolean; reason: string | null }
}

/** Returns why a payment has no ticket; null where it has one, or may still get it. Pure. */
export function failureOf({ paidAt, paymentMethod, saga }: PaymentEnd): PaymentFailure | null {
  const { reason } = saga
  const money = moneyOf(saga)
  if (money === null) return null
  const { code, why } =
    paidAt === null ? whyItFailed(reason, paymentMethod, saga.state) : whyItWasRefunded(reason)
  return { code, message: `${why}; ${money.told}`, reason, moneyMoved: money.moved, refund: money.refund }
}

/** Returns the refusal that tells a user why their payment ended without ever having a ticket. */
export function refusalOf(payment: Payment): Refusal {
  const { paymentId, status, reason, paymentMethod } = payment
  const state = status === 'REFUNDED' ? 'REFUNDED' : 'FAILED'
  const saga = { state, moneyTaken: state === 'REFUNDED', reason } as const
  const { why, code } = whyItFailed(reason, paymentMethod, state)
  const money = moneyOf(saga)
  const details = { paymentId, reason, status, moneyMoved: saga.moneyTaken }
  return refuse(code, `${why}; ${money.told}`, { details })
}

type Money = Pick<PaymentFailure, 'refund'> & { moved: boolean | null; told: string }

function moneyOf(saga: { state: 'FAILED' | 'REFUNDED'; moneyTaken: boolean }): Money
function moneyOf(saga: { state: SagaState; moneyTaken: boolean }): Money | null
function moneyOf({ state, moneyTaken }: { state: SagaState; moneyTaken: boolean }): Money | null {
  switch (state) {
    case 'TAKING_MONEY':
    case 'AWAITING_ACTION':
    case 'CONFIRMING':
    case 'APPROVED':
      return null
    case 'FAILED':
      return { moved: false, refund: null, told: 'nothing was taken' }
    case 'REFUNDED':
      return { moved: true, refund: 'REFUNDED', told: 'the money was given back' }
    case 'REFUNDING':
      return moneyTaken
        ? { moved: true, refund: 'PENDING', told: 'the money is being given back' }
        : { moved: null, refund: 'PENDING', told: 'what was taken, if anything, is being given back' }
  }
}

function whyItFailed(
  reason: string | null,
  paymentMethod: Payment['paymentMethod'],
  state: SagaState,
): { code: RefusalCode; why: string } {
  switch (reason) {
    case 'INSUFFICIENT_BALANCE':
      return { code: 'INSUFFICIENT_BALANCE', why: 'the wallet holds less than the amount' }
    case 'RESERVATION_EXPIRED':
      return { code: 'RESERVATION_EXPIRED', why: 'the hold ran out while paying' }
    case 'ALREADY_PAID':
      return { code: 'ALREADY_PAID', why: 'another payment was first' }
    case 'RESERVATION_CANCELLED':
    case 'RESERVATION_NOT_FOUND':
    case 'USER_CANCELLED':
    case 'SCHEDULE_CANCELLED':
      return { code: 'RESERVATION_NOT_PAYABLE', why: 'the reservation was cancelled' }
    case 'TIMEOUT':
      return { code: 'PAYMENT_FAILED', why: 'the payment took too long and was given up' }
    default:
      return paymentMethod === 'CARD' && state === 'FAILED'
        ? { code: 'CARD_DECLINED', why: (reason ?? 'the card was declined').replace(/\.$/, '') }
        : { code: 'PAYMENT_FAILED', why: 'the payment did not succeed' }
  }
}

/** Of a payment that had its ticket. */
function whyItWasRefunded(reason: string | null): { code: FailureCode; why: string } {
  return reason === 'SCHEDULE_CANCELLED'
    ? { code: 'SCHEDULE_CANCELLED', why: 'the show is cancelled' }
    : { code: 'RESERVATION_CANCELLED', why: 'the reservation was cancelled' }
}
