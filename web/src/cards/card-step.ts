/** A step that the owner of a card has to take before a payment goes on (3-D Secure). */
export type CardStep =
  /** Stripe's program shows it in the page. `untilMs`: when the payment is given up, since 1970 by the server's clock. */
  | { kind: 'stripe'; clientSecret: string; untilMs: number }
  /** It is at the bank, whose page sends people back. */
  | { kind: 'address'; url: string }
  /** These pages can't show it. */
  | { kind: 'unknown' }

/** Reads the step that an answer about a payment asks for; undefined where it asks for none. */
export function readCardStep(data: unknown): CardStep | undefined {
  const { nextAction } = fieldsOf(data)
  if (nextAction === undefined || nextAction === null) return undefined
  const { type, url, provider, clientSecret, until } = fieldsOf(nextAction)
  if (type === 'redirect_to_url' && typeof url === 'string' && url.startsWith('https://')) {
    return { kind: 'address', url }
  }
  if (type !== 'use_provider_sdk' || provider !== 'stripe' || typeof clientSecret !== 'string') {
    return { kind: 'unknown' }
  }
  const untilMs = typeof until === 'string' ? Date.parse(until) : Number.NaN
  return Number.isNaN(untilMs) ? { kind: 'unknown' } : { kind: 'stripe', clientSecret, untilMs }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}
