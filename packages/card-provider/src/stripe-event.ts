import { Stripe } from 'stripe'
import { z } from 'zod'
import type { ProviderEvent } from './card-provider.ts'

const { StripeSignatureVerificationError } = Stripe.errors

// As Stripe's own libraries have it. A repeat is signed anew.
const TOLERANCE_S = 300

const text = z.string().nullish().catch(null)

// An event that is read in part is still told apart from a repeat, so only what every event has is asked for.
const event = z.object({
  id: z.string().min(1).max(255),
  type: z.string().min(1).max(255),
  created: z.int(),
  data: z
    .object({
      object: z.object({
        id: text,
        payment_intent: text,
        amount: z.int().nullish().catch(null),
        status: text,
        reason: text,
        metadata: z.object({ idempotency_key: text }).nullish().catch(null),
      }),
    })
    .optional()
    .catch(undefined),
})

/** Reads an event that Stripe has signed within the last 5 minutes. Null where the signature does not prove that. */
export function readStripeEvent(body: Buffer, signature: string, secret: string): ProviderEvent | null {
  let signed: unknown
  try {
    signed = Stripe.webhooks.constructEvent(body, signature, secret, TOLERANCE_S)
  } catch (error) {
    if (error instanceof StripeSignatureVerificationError) return null
    throw error
  }
  const { id, type, created, data } = event.parse(signed)
  const object = data?.object
  const kind = kindOf(type)
  return {
    eventId: id,
    type,
    kind,
    reference: (kind === 'capture' ? object?.id : object?.payment_intent) ?? null,
    idempotencyKey: object?.metadata?.idempotency_key ?? null,
    amount: object?.amount ?? null,
    status: object?.status ?? null,
    reason: object?.reason ?? null,
    happenedAt: new Date(created * 1_000),
  }
}

/**
 * A refund is told of by its own events and by `charge.refunded` and `charge.refund.updated`, which say the same again; those of the
 * refund itself are enough.
 */
function kindOf(type: string): ProviderEvent['kind'] {
  if (type.startsWith('payment_intent.')) return 'capture'
  if (type.startsWith('charge.dispute.')) return 'dispute'
  if (type.startsWith('refund.')) return 'refund'
  return 'other'
}
