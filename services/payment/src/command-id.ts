import { createHash } from 'node:crypto'
import type { SagaCommand } from './purchase-saga.ts'

/**
 * Makes the message id of a saga's command from a hash, as a UUID of version 8 (RFC 9562). Every send of the command has the
 * same id, so that a resend is recognised.
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
