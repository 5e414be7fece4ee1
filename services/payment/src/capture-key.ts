import { z } from 'zod'

const PREFIX = 'capture-'
const uuid = z.uuid()

/** The provider's idempotency key of the capture of a payment. */
export function captureKey(paymentId: string): string {
  return PREFIX + paymentId
}

/** Returns the payment that a key is of; null where it is none of a payment's capture. */
export function paymentOfCaptureKey(key: string | null): string | null {
  if (key?.startsWith(PREFIX) !== true) return null
  return uuid.safeParse(key.slice(PREFIX.length)).data ?? null
}
