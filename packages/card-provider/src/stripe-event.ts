import { isUtf8 } from 'node:buffer'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import { parseInput } from '@frontrow/service-host/parse-input'
import { opaque } from '@frontrow/values/text'
import { Stripe } from 'stripe'
import { z } from 'zod'
import type { ProviderEvent } from './card-provider.ts'

const { StripeSignatureVerificationError } = Stripe.errors

// As Stripe's own libraries have it. A repeat is signed anew.
const TOLERANCE_S = 300
// The end of the year 9999, in seconds. Later ones are times of neither JavaScript's nor PostgreSQL's.
const CREATED_MAX = 253_402_300_799

// An id is in an index of the database, which takes no text of any length. What Stripe calls things by has 255 characters at most.
const kept = opaque(255)
const text = kept.nullish().catch(null)

// An event that is read in part is still told apart from a repeat, so only what every event has is asked for.
const event = z.object({
  id: kept,
  type: kept,
  created: z.int().min(0).max(CREATED_MAX),
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

/**
 * Reads an event that Stripe has signed within the last 5 minutes. Null where the signature does not prove that. Refuses INVALID_REQUEST
 * for what is signed and is no event.
 */
export function readStripeEvent(body: Buffer, signature: string, secret: string): ProviderEvent | null {
  if (!isSigned(body, signature, secret)) return null
  const { id, type, created, data } = parseInput(
    { body: event },
    { params: undefined, query: undefined, headers: undefined, body: readJson(body) },
  ).body
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

function isSigned(body: Buffer, signature: string, secret: string): boolean {
  const verifier = Stripe.webhooks.signature
  if (verifier === null) throw new Error("Stripe's library verifies no signatures here")
  try {
    return verifier.verifyHeader(body, signature, secret, TOLERANCE_S)
  } catch (error) {
    if (error instanceof StripeSignatureVerificationError) return false
    throw error
  }
}

function readJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw noBody('must be UTF-8')
  try {
    return JSON.parse(body.toString())
  } catch {
    throw noBody('must be valid JSON')
  }
}

function noBody(rule: string): Error {
  return generalRefusal('INVALID_REQUEST', `body: ${rule}`, {
    details: [{ in: 'body', field: 'body', rule }],
  })
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
