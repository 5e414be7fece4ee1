import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { Server } from 'node:http'

/** A payment at the stand-in. */
interface Intent {
  id: string
  status: string
  client_secret: string
  next_action: object | null
  metadata: { idempotency_key: string }
}

/** A server that behaves as Stripe does, as far as we use it; the card `pm_3ds` needs a step of its owner. */
export interface StripeStandIn {
  url: string
  calls: { path: string; key: string; form: URLSearchParams }[]
  intents: Map<string, Intent>
  /** The intent of a payment. */
  intentOf(paymentId: string | undefined): Intent
  /** Answers the next calls of this path with 500. */
  failNext(path: string, times: number): void
  /** What becomes of each call from now on, by its path and its card, which a capture names. A call that hangs is never answered. */
  behave(how: (path: string, card: string | null) => 'answer' | 'fail' | 'hang'): void
  stop(): Promise<void>
}

export async function startStripe(): Promise<StripeStandIn> {
  const calls: StripeStandIn['calls'] = []
  const intents = new Map<string, Intent>()
  const failing = new Map<string, number>()
  let behaviour: Parameters<StripeStandIn['behave']>[0] = () => 'answer'
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams((await request.toArray()).join(''))
    const path = request.url ?? ''
    const key = String(request.headers['idempotency-key'])
    calls.push({ path, key, form })
    const failures = failing.get(path) ?? 0
    failing.set(path, failures - 1)
    const becomes = behaviour(path, form.get('payment_method'))
    if (becomes === 'hang') return
    if (failures > 0 || becomes === 'fail') {
      response.writeHead(500).end(JSON.stringify({ error: { type: 'api_error' } }))
      return
    }
    response.end(JSON.stringify(answerTo(intents, path, key, form, request.method)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    calls,
    intents,
    intentOf(paymentId) {
      const found = [...intents.values()].find(
        ({ metadata }) => metadata.idempotency_key === `capture-${paymentId}`,
      )
      if (found === undefined) throw new Error(`there is no intent of ${paymentId}`)
      return found
    },
    failNext: (path, times) => void failing.set(path, times),
    behave: (how) => void (behaviour = how),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

function answerTo(
  intents: Map<string, Intent>,
  path: string,
  key: string,
  form: URLSearchParams,
  method: string | undefined,
): object {
  if (path === '/v1/refunds') return { id: `re_${key}`, status: 'succeeded' }
  if (path === '/v1/payment_intents') return beginIntent(intents, key, form)
  const [, , , id = '', what] = path.split('/')
  const intent = intents.get(id)
  if (intent === undefined) return { error: { type: 'invalid_request_error' } }
  if (method === 'POST' && what === 'cancel') intent.status = 'canceled'
  return intent
}

function beginIntent(intents: Map<string, Intent>, key: string, form: URLSearchParams): Intent {
  const needsAction = form.get('payment_method') === 'pm_3ds'
  const id = `pi_${key}`
  const returnUrl = form.get('return_url')
  const intent: Intent = {
    id,
    status: needsAction ? 'requires_action' : 'succeeded',
    client_secret: `${id}_secret_1`,
    next_action: needsAction ? actionFor(returnUrl) : null,
    metadata: { idempotency_key: form.get('metadata[idempotency_key]') ?? '' },
  }
  // Stripe repeats its first answer to a key, whatever has become of the payment since.
  if (!intents.has(id)) intents.set(id, { ...intent })
  return intent
}

function actionFor(returnUrl: string | null): object {
  if (returnUrl === null)
    return { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect' } }
  return {
    type: 'redirect_to_url',
    redirect_to_url: {
      url: `https://bank.example/step?back=${encodeURIComponent(returnUrl)}`,
      return_url: returnUrl,
    },
  }
}

/** Signs the bytes of an event as Stripe does. */
export function signEvent(payload: string, secret: string, atMs = Date.now()): string {
  const timestamp = Math.floor(atMs / 1_000)
  const signature = createHmac('sha256', secret).update(`${timestamp}.${payload}`).digest('hex')
  return `t=${timestamp},v1=${signature}`
}
