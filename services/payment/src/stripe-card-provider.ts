import { z } from 'zod'
import type { CaptureResult, CardProvider } from './card-provider.ts'

const intent = z.object({ id: z.string(), status: z.string() })
const refund = z.object({ status: z.string().nullable() })
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
  const cancel = async (id: string, key: string, signal: AbortSignal): Promise<void> => {
    const { status } = await post(`/v1/payment_intents/${id}/cancel`, `${key}-cancel`, {}, signal)
    if (status !== 200) throw new Error(`Stripe answered ${status} to a cancellation`)
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
          // Cards only: they are decided at once, a bank debit may succeed days later.
          'payment_method_types[]': 'card',
          'metadata[idempotency_key]': idempotencyKey,
        },
        signal,
      )
      if (status === 200) {
        const made = intent.parse(body)
        if (made.status === 'succeeded') return { kind: 'captured', reference: made.id }
        // Nobody is there to take the card holder through another step, so nothing may come of it later.
        await cancel(made.id, idempotencyKey, signal)
        return { kind: 'declined', reason: `the card needs another step (${made.status})` }
      }
      const said = failure.safeParse(body)
      // 402: the card was refused. 400 and 404: no such card, or not one for this; no money moved. 409 and 429 are not
      // about the card, and neither is a key that was used with another request.
      const isDecision = status === 402 || status === 400 || status === 404
      if (isDecision && said.data?.error.type !== 'idempotency_error') {
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
      if (status === 200) {
        const made = refund.parse(body)
        if (made.status === 'succeeded' || made.status === 'pending') return
        throw new Error(`Stripe's refund is ${made.status}`)
      }
      const said = failure.safeParse(body)
      if (said.data?.error.code === 'charge_already_refunded') return
      throw new Error(`Stripe answered ${status} ${said.data?.error.code ?? said.data?.error.type ?? ''}`)
    },
  }
}
