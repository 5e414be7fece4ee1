import { refuse } from '@frontrow/proto/refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import type { Payment } from './sql/payments.ts'

/** Returns the refusal that tells a user why their payment ended without a ticket. */
export function refusalOf(payment: Payment): Refusal {
  const details = { paymentId: payment.paymentId, reason: payment.reason, status: payment.status }
  switch (payment.reason) {
    case 'INSUFFICIENT_BALANCE':
      return refuse('INSUFFICIENT_BALANCE', 'the wallet holds less than the amount', { details })
    case 'RESERVATION_EXPIRED':
      return payment.status === 'FAILED'
        ? refuse('RESERVATION_EXPIRED', 'the hold ran out while paying; nothing was taken', { details })
        : refuse('RESERVATION_EXPIRED', 'the hold ran out while paying; the money was given back', {
            details,
          })
    case 'ALREADY_PAID':
      return refuse('ALREADY_PAID', 'another payment was first; the money was given back', { details })
    case 'RESERVATION_CANCELLED':
    case 'RESERVATION_NOT_FOUND':
      return refuse('RESERVATION_NOT_PAYABLE', 'the reservation was cancelled; the money was given back', {
        details,
      })
    case 'TIMEOUT':
      return refuse('PAYMENT_FAILED', 'the payment took too long and was given up; no money was kept', {
        details,
      })
    default:
      return payment.paymentMethod === 'CARD' && payment.status === 'FAILED'
        ? refuse('CARD_DECLINED', payment.reason ?? 'the card was declined', { details })
        : refuse('PAYMENT_FAILED', 'the payment did not succeed; no money was kept', { details })
  }
}
