import type { Charge } from '../sql/charges.ts'
import type { CaptureStatus } from './decide-charge.ts'

/** What is answered to the request of a charge that is CHARGED. */
export function toReceipt({ userId, amount, balanceAfter, chargeId, finishedAt }: Charge): object {
  return {
    userId,
    chargedAmount: amount,
    currentBalance: balanceAfter,
    transactionId: chargeId,
    chargedAt: finishedAt?.toISOString() ?? null,
  }
}

/** A charge as its user sees it, whatever its status is. */
export function toJson(charge: Charge): object {
  const { chargeId, userId, status, amount, balanceAfter, createdAt, finishedAt, reason, message } = charge
  const endedAt = finishedAt?.toISOString() ?? null
  return {
    userId,
    transactionId: chargeId,
    status,
    amount,
    currentBalance: balanceAfter,
    createdAt: createdAt.toISOString(),
    chargedAt: status === 'CHARGED' ? endedAt : null,
    failedAt: status === 'FAILED' ? endedAt : null,
    reason,
    message,
    refund: status === 'FAILED' ? refundOf(charge.captureStatus) : null,
  }
}

function refundOf(captureStatus: CaptureStatus | null): { status: 'PENDING' | 'REFUNDED' } | null {
  switch (captureStatus) {
    case 'PENDING':
    case 'CAPTURED':
      return { status: 'PENDING' }
    case 'REFUNDED':
      return { status: 'REFUNDED' }
    case 'DECLINED':
    case 'VOIDED':
    case null:
      return null
  }
}
