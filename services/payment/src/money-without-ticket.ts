import type { FactsOfPayment } from './judge-payment.ts'
import type { SagaMessage } from './purchase-saga.ts'
import { beganAt } from './uuid-time.ts'

/**
 * Says since when a payment's money is held while its buyer has no ticket; null where it is not so. Each payment is for a moment, while its
 * saga is at work. A ticket is a CONFIRMED reservation, whatever the saga knows of it yet. Pure.
 */
export function heldWithoutTicket(facts: FactsOfPayment): Date | null {
  const { paymentId, payment, reservation } = facts
  if (!isMoneyHeld(facts) || reservation?.status === 'CONFIRMED') return null
  if (reservation !== undefined && reservation.cancelledAtMs > 0) return new Date(reservation.cancelledAtMs)
  return payment?.createdAt ?? beganAt(paymentId)
}

function isMoneyHeld({ payment, wallet }: FactsOfPayment): boolean {
  if (payment?.paymentMethod === 'CARD') return payment.captureStatus === 'CAPTURED'
  return wallet !== undefined && wallet.debited > wallet.refunded
}

/** What a saga was not told, although the services know it. */
export interface MissedNews {
  message: SagaMessage
  found: 'cancelled' | 'captured' | 'debited' | 'stuck'
}

/**
 * Finds what to tell a saga that stands still, although money is held without a ticket or its step is past its deadline; null where it has
 * been told all, or where no message can help. Whatever it is told is true, so that a saga that has heard of it meanwhile ignores it. Pure.
 */
export function findMissedNews(
  facts: FactsOfPayment,
  options: { now: Date; afterMs: number },
): MissedNews | null {
  const { payment, reservation } = facts
  const before = new Date(options.now.getTime() - options.afterMs)
  if (payment === undefined || payment.movedAt > before) return null
  switch (payment.sagaState) {
    case 'TAKING_MONEY':
    case 'AWAITING_ACTION':
    case 'CONFIRMING':
    case 'REFUNDING': {
      const isStuck = payment.deadlineAt === null || payment.deadlineAt < before
      return isStuck ? { message: { type: 'DeadlinePassed' }, found: 'stuck' } : null
    }
    case 'APPROVED': {
      if (reservation?.status !== 'CANCELLED') return null
      const reason = reservation.cancelReason || 'USER_CANCELLED'
      return { message: { type: 'ReservationCancelled', reason }, found: 'cancelled' }
    }
    case 'FAILED':
      if (!isMoneyHeld(facts)) return null
      if (payment.paymentMethod === 'BALANCE') return { message: { type: 'WalletDebited' }, found: 'debited' }
      // One that is wanted back is with the card worker already.
      return payment.captureWanted === 'CAPTURED'
        ? { message: { type: 'CardCaptured' }, found: 'captured' }
        : null
    case 'REFUNDED':
      return null
  }
}
