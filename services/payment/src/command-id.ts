import { createHash } from 'node:crypto'
import type { SagaCommand } from './purchase-saga.ts'

/**
 * The message id of a saga's command: the same for every send, so that a resend is recognised. A UUID of version 8
 * (RFC 9562: made from a hash).
 */
export function commandId(paymentId: string, command: SagaCommand): string {
  const hex = createHash('sha256').update(`${paymentId} ${command}`).digest('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}
