import { Stripe } from 'stripe'
import { z } from 'zod'
import type { CaptureResult, CardProvider } from './card-provider.ts'

// The types of the package are this version's, so an update of the package does not compile until this line is changed.
const API_VERSION = '2026-10-28.endive'

const { StripeCardError, StripeError, StripeInvalidRequestError } = Stripe.errors

// The package takes any JSON without an `error` for the object that was asked for, whatever the HTTP status was.
const intent = z.object({ id: z.string(), status: z.string() })
const refund = z.object({ status: z.string().nullable() })

// `fetch` puts what happened into `cause`, the package into `exception`.
const failure = z.object({
  name: z.string(),
  code: z.unknown().optional(),
  cause: z.unknown().optional(),
  exception: z.unknown().optional(),
})

/** What Stripe answered to a request: the object, or a refusal, after which the request has changed nothing. */
type Answer<T> = { object: T } | { refusal: { code: string | undefined; message: string; summary: string } }

/**
 * Stripe by its package: a PaymentIntent confirmed at once, and a Refund of it. Stripe keeps its answer to an idempotency
 * key for at least 24 h and repeats it, so an unknown outcome is found out by asking again. Calls reject where the outcome
 * is unknown; the error names the HTTP status, Stripe's code and the request's id, never the card or the secret key.
 */
export function createStripeCardProvider(options: {
  secretKey: string
  apiUrl: string
  /** ISO 4217 in lower case; amounts are in its smallest unit, as everywhere here. */
  currency: string
}): CardProvider {
  return {
    name: 'stripe',
    async capture({ idempotencyKey, cardToken, amount, signal }): Promise<CaptureResult> {
      const { paymentIntents } = createClient(options, signal)
      const created = await ask(
        intent,
        paymentIntents.create(
          {
            amount,
            currency: options.currency,
            payment_method: cardToken,
            confirm: true,
            // Cards are decided at once, while a bank debit may succeed days later.
            allowed_payment_method_types: ['card'],
            metadata: { idempotency_key: idempotencyKey },
          },
          { idempotencyKey },
        ),
      )
      if ('refusal' in created) {
        return { kind: 'declined', reason: created.refusal.message || 'the card was declined' }
      }
      let { id, status } = created.object
      if (status === 'processing') {
        // The answer may be a repeated one, and only a read says what became of the payment since.
        status = objectOf(await ask(intent, paymentIntents.retrieve(id))).status
      }
      if (status === 'succeeded') return { kind: 'captured', reference: id }
      if (status === 'canceled') return { kind: 'declined', reason: 'the payment was cancelled at Stripe' }
      if (status === 'processing') throw new Error(`Stripe is still processing ${id}`)
      // The card holder is not there to take another step, and a payment that is left open could succeed later.
      const key = { idempotencyKey: `${idempotencyKey}-cancel` }
      const cancelled = objectOf(await ask(intent, paymentIntents.cancel(id, {}, key)))
      if (cancelled.status !== 'canceled') throw new Error(`Stripe left ${id} ${cancelled.status}`)
      return { kind: 'declined', reason: `the card needs another step (${status})` }
    },
    async refund({ idempotencyKey, reference, signal }) {
      const { refunds } = createClient(options, signal)
      const created = await ask(refund, refunds.create({ payment_intent: reference }, { idempotencyKey }))
      if ('refusal' in created && created.refusal.code === 'charge_already_refunded') return
      const { status } = objectOf(created)
      if (status !== 'succeeded' && status !== 'pending') throw new Error(`Stripe's refund is ${status}`)
    },
  }
}

/**
 * Makes a client for one call, which takes 0.1 ms. The package takes no AbortSignal, its `timeout` counts for one request
 * where a call may be two, and its Node client restarts that timer with every byte. So `fetch` gets the caller's signal in
 * place of the package's timer, and connecting, waiting and reading all end at the caller's deadline.
 *
 * The package repeats no request. The card worker does so, after half a second and under the same key; a repeat in here
 * would hide failures from the log and the breaker, and take its time from the deadline. The fetch client is also needed
 * for that: the package's Node client repeats a request once after a dropped connection, whatever `maxNetworkRetries` is.
 */
function createClient(options: { secretKey: string; apiUrl: string }, signal: AbortSignal): Stripe {
  const url = new URL(options.apiUrl)
  const protocol = url.protocol === 'http:' ? 'http' : 'https'
  return new Stripe(options.secretKey, {
    apiVersion: API_VERSION,
    protocol,
    host: url.hostname,
    port: url.port || (protocol === 'http' ? 80 : 443),
    maxNetworkRetries: 0,
    httpClient: Stripe.createFetchHttpClient((input, init) => fetch(input, { ...init, signal })),
    telemetry: false,
  })
}

/** Waits for one request. Rejects where Stripe's answer says nothing of the outcome, or was not Stripe's. */
async function ask<T>(schema: z.ZodType<T>, request: Promise<unknown>): Promise<Answer<T>> {
  let answer: unknown
  try {
    answer = await request
  } catch (error) {
    if (!(error instanceof StripeError)) throw error
    const summary = summaryOf(error)
    // 402: the card was refused. 400 and 404: no such card, or not one for this. The package has classes of their own for
    // a key that was used with another request and for too many requests, though both may be 400.
    if (error instanceof StripeCardError || error instanceof StripeInvalidRequestError) {
      return { refusal: { code: error.code, message: error.message, summary } }
    }
    // The package's error carries the card and the payment's client secret, and a logger prints causes in full.
    // oxlint-disable-next-line preserve-caught-error -- because of that
    throw new Error(summary)
  }
  return { object: schema.parse(answer) }
}

function objectOf<T>(answer: Answer<T>): T {
  if ('refusal' in answer) throw new Error(answer.refusal.summary)
  return answer.object
}

/** Says for logs what went wrong. Messages are left out: `fetch` quotes a malformed Authorization header in its own. */
function summaryOf(error: InstanceType<typeof StripeError>): string {
  const request = error.requestId === undefined ? '' : `, request ${error.requestId}`
  if (error.statusCode === undefined) return `Stripe gave no answer: ${reasonOf(error.detail)}${request}`
  return `Stripe answered ${error.statusCode} ${error.code ?? error.rawType ?? ''}${request}`
}

function reasonOf(error: unknown): string {
  const { data } = failure.safeParse(error)
  if (data === undefined) return 'no JSON'
  const cause = data.cause ?? data.exception ?? undefined
  if (cause !== undefined) return reasonOf(cause)
  return typeof data.code === 'string' ? data.code : data.name
}
