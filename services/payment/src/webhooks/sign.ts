import { createHmac } from 'node:crypto'

const PREFIX = 'whsec_'

/** A secret as receivers are given it. */
export function writeSecret(secret: Buffer): string {
  return PREFIX + secret.toString('base64')
}

/**
 * The headers of Standard Webhooks 1.0: the id, which is the same on each attempt, the time of this attempt, which lets a receiver refuse
 * what was recorded and is sent again later, and a signature by each of the secrets.
 */
export function signatureHeaders(
  { id, body, at }: { id: string; body: string; at: Date },
  secrets: readonly Buffer[],
): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1_000))
  const signed = `${id}.${timestamp}.${body}`
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`,
  )
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}
