import { z } from 'zod'
import type { CaptureResult, CardProvider } from './card-provider.ts'

const intent = z.object({ id: z.string(), status: z.string() })
const failure = z.object({
  error: z.object({ type: z.string(), code: z.string().optional(), message: z.string().optional() }),
})

/**
 * Stripe through its HTTP API: a PaymentIntent confirmed at once, and a Refund of it. Stripe keeps the answer to an
 * Idempotency-Key for at least 24 h and gives it again, which is how an unknown outcome is found out. Decisions
 * (card errors, 402) are answers; anything else rejects and is tried again.
 */
export function createStripeCardProvider(options: {
  secretKey: string
  apiUrl: string
  /** ISO 4217 in lower case; amounts are in its smallest unit, as everywhere here. */
  currency: string
}): CardProvider {
  const post = async (path: string, key: string, form: Record<string, string>, signal: AbortSignal) => {
    const response = await fetch(new URL(path, options.apiUrl), {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${options.secretKey}`,
        'Content-Type': 'application/x-www-form-urlencoded',
        'Idempotency-Key': key,
      },
      body: new URLSearchParams(form),
      signal,
    })
    const body: unknown = await response.json()
    return { status: response.status, body }
  }
  return {
    name: 'stripe',
    async capture({ idempotencyKey, cardToken, amount, signal }): Promise<CaptureResult> {
      const { status, body } = await post(
        '/v1/payment_intents',
        idempotencyKey,
        {
          amount: String(amount),
          currency: options.currency,
          payment_method: cardToken,
          confirm: 'true',
          'automatic_payment_methods[enabled]': 'true',
          'automatic_payment_methods[allow_redirects]': 'never',
          'metadata[idempotency_key]': idempotencyKey,
        },
        signal,
      )
      if (status === 200) {
        const made = intent.parse(body)
        if (made.status === 'succeeded') return { kind: 'captured', reference: made.id }
        return { kind: 'declined', reason: `the card needs another step (${made.status})` }
      }
      const said = failure.safeParse(body)
      const isDecision =
        status === 402 || (status === 400 && said.success && said.data.error.type === 'card_error')
      if (isDecision) {
        return { kind: 'declined', reason: said.data?.error.message ?? 'the card was declined' }
      }
      throw new Error(`Stripe answered ${status} ${said.data?.error.code ?? said.data?.error.type ?? ''}`)
    },
    async refund({ idempotencyKey, reference, signal }) {
      const { status, body } = await post(
        '/v1/refunds',
        idempotencyKey,
        { payment_intent: reference },
        signal,
      )
      if (status === 200) return
      const said = failure.safeParse(body)
      if (said.data?.error.code === 'charge_already_refunded') return
      throw new Error(`Stripe answered ${status} ${said.data?.error.code ?? said.data?.error.type ?? ''}`)
    },
  }
}
