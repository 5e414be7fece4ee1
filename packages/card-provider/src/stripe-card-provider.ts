import { Stripe } from 'stripe'
import { z } from 'zod'
import type {
  ActionRequired,
  CaptureRequest,
  CaptureResult,
  InteractiveCardProvider,
  NextAction,
} from './card-provider.ts'
import { readStripeEvent } from './stripe-event.ts'

// The types of the package are this version's, so an update of the package does not compile until this line is changed.
const API_VERSION = '2026-10-28.endive'

const { StripeCardError, StripeError, StripeInvalidRequestError } = Stripe.errors

// The package takes any JSON without an `error` for the object that was asked for, whatever the HTTP status was.
const intent = z.object({
  id: z.string(),
  status: z.string(),
  client_secret: z.string().nullish(),
  next_action: z
    .object({ type: z.string(), redirect_to_url: z.object({ url: z.string().nullable() }).nullish() })
    .nullish(),
  last_payment_error: z.object({ message: z.string().nullish() }).nullish(),
})
type Intent = z.output<typeof intent>
const refund = z.object({ status: z.string().nullable() })

// `fetch` puts what happened into `cause`, the package into `exception`.
const failure = z.object({
  name: z.string(),
  code: z.unknown().optional(),
  cause: z.unknown().optional(),
  exception: z.unknown().optional(),
})

/** What Stripe answered to a request: the object, or a refusal, after which the request has changed nothing. */
type Answer<T> = { object: T } | { refusal: Refusal }

interface Refusal {
  code: string | undefined
  message: string
  summary: string
  /** It says something of the card, and not of our account, of our settings or of what we sent. */
  isOfCard: boolean
}

// Codes that Stripe also gives for invalid requests: of card data, and of a token that can't be used as one.
const CARD_CODES = new Set([
  'card_declined',
  'expired_card',
  'incorrect_address',
  'incorrect_cvc',
  'incorrect_number',
  'incorrect_zip',
  'invalid_card_type',
  'invalid_cvc',
  'invalid_expiry_month',
  'invalid_expiry_year',
  'invalid_number',
  'payment_method_unexpected_state',
  'token_already_used',
])

/** How Stripe is called. */
export interface StripeOptions {
  secretKey: string
  apiUrl: string
  /** ISO 4217 in lower case; amounts are in its smallest unit, as everywhere here. */
  currency: string
  /** Where a bank's page sends the card's owner back to. Without it, Stripe's program in the page shows the step. */
  returnUrl?: string | undefined
  /** What Stripe signs its events with. */
  webhookSecret?: string | undefined
}

/**
 * Stripe by its package: a PaymentIntent confirmed at once, and a Refund of it. Stripe keeps its answer to an idempotency
 * key for at least 24 h and repeats it, so an unknown outcome is found out by asking again. Calls reject where the outcome
 * is unknown; the error names the HTTP status, Stripe's code and the request's id, never the card or the secret key.
 */
export function createStripeCardProvider(options: StripeOptions): InteractiveCardProvider {
  const { webhookSecret } = options
  return {
    name: 'stripe',
    async capture(request) {
      const { paymentIntents } = createClient(options, request.signal)
      const created = await confirmIntent(paymentIntents, options, request)
      if ('refusal' in created) return declinedBy(created.refusal)
      const current = await readWhere(['processing'], paymentIntents, created.object)
      return decidedOrCancelled(paymentIntents, current, request.idempotencyKey)
    },
    async captureInteractively(request): Promise<CaptureResult | ActionRequired> {
      const { paymentIntents } = createClient(options, request.signal)
      const { reference } = request
      let current: Intent
      if (reference === null) {
        const created = await confirmIntent(paymentIntents, options, request, request.paymentId)
        if ('refusal' in created) return declinedBy(created.refusal)
        // Only a read says whether the step that the first answer asked for has been taken since.
        current = await readWhere(['processing', 'requires_action'], paymentIntents, created.object)
      } else {
        current = objectOf(await ask(intent, paymentIntents.retrieve(reference)))
      }
      const nextAction = current.status === 'requires_action' ? nextActionOf(current) : null
      if (nextAction !== null) return { kind: 'action_required', reference: current.id, nextAction }
      return decidedOrCancelled(paymentIntents, current, request.idempotencyKey)
    },
    async cancel({ idempotencyKey, reference, signal }) {
      const { paymentIntents } = createClient(options, signal)
      const current = objectOf(await ask(intent, paymentIntents.retrieve(reference)))
      return decidedOrCancelled(paymentIntents, current, idempotencyKey)
    },
    async refund({ idempotencyKey, reference, signal }) {
      const { refunds } = createClient(options, signal)
      const created = await ask(refund, refunds.create({ payment_intent: reference }, { idempotencyKey }))
      if ('refusal' in created && created.refusal.code === 'charge_already_refunded') return
      const { status } = objectOf(created)
      if (status !== 'succeeded' && status !== 'pending') throw new Error(`Stripe's refund is ${status}`)
    },
    readEvent:
      webhookSecret === undefined
        ? null
        : (body, signature) => readStripeEvent(body, signature, webhookSecret),
  }
}

type Intents = Stripe['paymentIntents']

/** The same key must always carry the same parameters, or Stripe refuses it. */
function confirmIntent(
  intents: Intents,
  options: StripeOptions,
  { idempotencyKey, cardToken, amount }: CaptureRequest,
  paymentId?: string,
): Promise<Answer<Intent>> {
  const returnUrl = paymentId === undefined ? undefined : returnUrlOf(options, paymentId)
  return ask(
    intent,
    intents.create(
      {
        amount,
        currency: options.currency,
        payment_method: cardToken,
        confirm: true,
        // Cards are decided at once, while a bank debit may succeed days later.
        allowed_payment_method_types: ['card'],
        metadata: { idempotency_key: idempotencyKey },
        ...(returnUrl === undefined ? {} : { return_url: returnUrl }),
      },
      { idempotencyKey },
    ),
  )
}

function returnUrlOf({ returnUrl }: StripeOptions, paymentId: string): string | undefined {
  if (returnUrl === undefined) return undefined
  const url = new URL(returnUrl)
  url.searchParams.set('paymentId', paymentId)
  return url.href
}

/** Stripe's answer to a key may be a repeated one, and only a read says what became of the payment since. */
async function readWhere(statuses: readonly string[], intents: Intents, created: Intent): Promise<Intent> {
  if (!statuses.includes(created.status)) return created
  return objectOf(await ask(intent, intents.retrieve(created.id)))
}

/** A payment that is left open could succeed later, with another card even. */
async function decidedOrCancelled(
  intents: Intents,
  { id, status, last_payment_error: error }: Intent,
  idempotencyKey: string,
): Promise<CaptureResult> {
  if (status === 'succeeded') return { kind: 'captured', reference: id }
  if (status === 'canceled') return { kind: 'declined', reason: 'the payment was cancelled at Stripe' }
  if (status === 'processing') throw new Error(`Stripe is still processing ${id}`)
  const key = { idempotencyKey: `${idempotencyKey}-cancel` }
  const cancelled = objectOf(await ask(intent, intents.cancel(id, {}, key)))
  if (cancelled.status !== 'canceled') throw new Error(`Stripe left ${id} ${cancelled.status}`)
  return { kind: 'declined', reason: error?.message ?? `the card needs another step (${status})` }
}

/** What is wrong with our request would decline every card, and Stripe's words about our account are nobody else's. */
function declinedBy({ message, summary, isOfCard }: Refusal): CaptureResult {
  if (!isOfCard) throw new Error(summary)
  return { kind: 'declined', reason: message || 'the card was declined' }
}

/** Stripe's program in the page knows every kind of step; the page itself can only follow an address. */
function nextActionOf({ next_action: action, client_secret: clientSecret }: Intent): NextAction | null {
  const url = action?.redirect_to_url?.url
  if (typeof url === 'string') return { type: 'redirect_to_url', url }
  if (typeof clientSecret !== 'string') return null
  return { type: 'use_provider_sdk', provider: 'stripe', clientSecret }
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
function createClient(options: StripeOptions, signal: AbortSignal): Stripe {
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
    // 402: the card was refused. 400 and 404: no such card, or something is wrong with our request, as a currency that the account
    // does not take. The package has classes of their own for a key that was used with another request and for too many requests,
    // though both may be 400.
    if (error instanceof StripeCardError || error instanceof StripeInvalidRequestError) {
      const { code, message, param } = error
      const isOfCard =
        error instanceof StripeCardError || param === 'payment_method' || CARD_CODES.has(code ?? '')
      return { refusal: { code, message, summary, isOfCard } }
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
