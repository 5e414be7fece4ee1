import { cancelAnswer } from './answers.ts'
import { VisitEnded } from './fan.ts'
import type { Fan } from './fan.ts'
import type { Rush } from './rush.ts'
import type { HoldRecord, PaymentRecord } from './history.ts'
import { askPaymentUntil } from './pay.ts'

/** Cancels a reservation that is paid for, and waits until its payment is REFUNDED. */
export async function cancelPaidReservation(
  rush: Rush,
  fan: Fan,
  hold: HoldRecord,
  payment: PaymentRecord,
): Promise<void> {
  payment.cancelled = true
  const refund = await cancel(rush, fan, hold)
  if (refund?.paymentId !== payment.paymentId) {
    fan.reportUnexpected(
      'cancel',
      'WRONG_ANSWER',
      `cancelled ${payment.paymentId}, refund is ${JSON.stringify(refund)}`,
    )
    throw new VisitEnded('failed')
  }
  await askPaymentUntil(rush, fan, payment, (status) => status === 'REFUNDED')
  rush.measurements.count.refunds += 1
}

/** Cancels a hold that was never paid for, so that its seats are free again. */
export async function releaseHold(rush: Rush, fan: Fan, hold: HoldRecord): Promise<void> {
  const refund = await cancel(rush, fan, hold)
  rush.measurements.now.held -= hold.seatIds.length
  if (refund !== null) {
    fan.reportUnexpected(
      'cancel',
      'WRONG_ANSWER',
      `a hold was cancelled with a refund: ${JSON.stringify(refund)}`,
    )
  }
}

async function cancel(rush: Rush, fan: Fan, hold: HoldRecord) {
  hold.releasedAt = Date.now()
  const first = await askToCancel(fan, hold)
  if (fan.profile.repeats === 'never') return first
  const again = await askToCancel(fan, hold)
  const same = first?.paymentId === again?.paymentId && (first === null) === (again === null)
  const problem = same ? undefined : `refund ${JSON.stringify(first)}, then ${JSON.stringify(again)}`
  rush.history.repeats.push({ userId: fan.userId, what: 'cancellation', problem })
  rush.measurements.count.repeats += 1
  return again
}

async function askToCancel(fan: Fan, hold: HoldRecord) {
  const path = `/reservations/${hold.reservationId}/cancel`
  const answer = await fan.ask({ step: 'cancel', method: 'POST', path, schema: cancelAnswer }, 'no token')
  if (answer.kind === 'ok') return answer.data.refund
  fan.acceptRefusal('cancel', answer)
  throw new VisitEnded('too late')
}
