import { createServer } from 'node:http'
import { once } from 'node:events'
import type { BrowserContext } from 'playwright-core'

/** A payment at the stand-in. */
interface Intent {
  id: string
  status: string
  client_secret: string
}

/** Stands in for Stripe, which no test can reach: its API for the services, and its program for the pages. */
export interface StripeStandIn {
  /** What `npm start` is given to take cards by it. */
  settings: Record<string, string>
  /** The payments that were asked for, each with how far it is. */
  intents: readonly Intent[]
  /** Gives a browser its program. */
  enter: (context: BrowserContext) => Promise<void>
  stop: () => Promise<void>
}

/** The numbers of its cards, and what becomes of a payment with each; any other number is refused in the form. */
const CARDS: Readonly<Record<string, string>> = {
  '4242': 'succeeded',
  '3220': 'requires_action',
  '0002': 'declined',
}

const refusal = { type: 'card_error', code: 'card_declined', message: 'Your card was declined.' }

/** Starts it. It knows as much of the API as the services and the program below ask for. */
export async function startStripe(): Promise<StripeStandIn> {
  const intents: Intent[] = []
  const answers = new Map<string, { status: number; body: object }>()
  const create = (card: string): { status: number; body: object } => {
    const status = CARDS[card.replace('pm_', '')] ?? 'succeeded'
    if (status === 'declined') return { status: 402, body: { error: refusal } }
    const id = `pi_${intents.length + 1}`
    const made = { id, status, client_secret: `${id}_secret` }
    intents.push(made)
    // A key is answered again with what was said first.
    return { status: 200, body: { ...made, next_action: { type: 'use_stripe_sdk' } } }
  }
  const answer = (method: string, path: string, form: URLSearchParams, key: string) => {
    if (path === '/v1/refunds') return { status: 200, body: { id: 're_1', status: 'succeeded' } }
    if (path === '/v1/payment_intents') {
      const said = answers.get(key) ?? create(form.get('payment_method') ?? '')
      answers.set(key, said)
      return said
    }
    const intent = intents.find(({ id }) => path.includes(`/${id}`))
    if (intent === undefined) return { status: 404, body: { error: { type: 'invalid_request_error' } } }
    if (method === 'POST') intent.status = 'canceled'
    return { status: 200, body: intent }
  }
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams((await request.toArray()).join(''))
    const key = String(request.headers['idempotency-key'])
    const { status, body } = answer(request.method ?? '', request.url ?? '', form, key)
    response.writeHead(status).end(JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the stand-in has no port')
  return {
    settings: {
      STRIPE_SECRET_KEY: 'sk_test_standIn',
      STRIPE_PUBLISHABLE_KEY: 'pk_test_standIn',
      STRIPE_API_URL: `http://127.0.0.1:${address.port}`,
      CARD_ACTION_POLL_MS: '500',
    },
    intents,
    enter: async (context) => {
      await context.route('https://js.stripe.com/**', (route) =>
        route.fulfill({ contentType: 'text/javascript', body: `(${program.toString()})()` }),
      )
      // What the program in the page asks the API for.
      await context.route('https://api.stripe.com/**', (route) => {
        const { searchParams } = new URL(route.request().url())
        const secret = searchParams.get('secret')
        const intent = intents.find((one) => one.client_secret === secret)
        if (intent?.status === 'requires_action') intent.status = searchParams.get('end') ?? ''
        const card = searchParams.get('card') ?? ''
        const json = card in CARDS ? { paymentMethod: { id: `pm_${card}` } } : { error: refusal }
        return route.fulfill({ json, headers: { 'access-control-allow-origin': '*' } })
      })
    },
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Runs in the page in place of Stripe's program: a form with one field, and a window for what the bank asks. */
function program(): void {
  const ask = async (query: string): Promise<object> =>
    (await fetch(`https://api.stripe.com/stand-in?${query}`)).json()
  const label = document.createElement('label')
  const input = document.createElement('input')
  label.append('Card number ', input)
  const listeners = new Map<string, () => void>()
  const element = {
    once: (name: string, listener: () => void) => listeners.set(name, listener),
    mount: (place: HTMLElement) => {
      place.append(label)
      listeners.get('ready')?.()
    },
    destroy: () => label.remove(),
  }
  const elements = {
    create: () => element,
    update: () => {},
    submit: () =>
      Promise.resolve(
        input.value === '' ? { error: { type: 'validation_error', message: 'incomplete' } } : {},
      ),
  }
  const handleNextAction = ({ clientSecret }: { clientSecret: string }): Promise<object> =>
    new Promise((resolve) => {
      const dialog = document.createElement('dialog')
      const button = (text: string, end: string, result: object): void => {
        const one = document.createElement('button')
        one.textContent = text
        one.addEventListener('click', () => {
          dialog.remove()
          void ask(`secret=${clientSecret}&end=${end}`).then(() => resolve(result))
        })
        dialog.append(one)
      }
      const failure = { type: 'invalid_request_error', code: 'payment_intent_authentication_failure' }
      button('Bank: confirm', 'succeeded', {})
      button('Bank: refuse', 'requires_payment_method', { error: failure })
      document.body.append(dialog)
      dialog.showModal()
    })
  const open = () => ({
    elements: () => elements,
    createPaymentMethod: () => ask(`card=${input.value}`),
    handleNextAction,
  })
  Object.assign(window, { Stripe: Object.assign(open, { version: 'endive' }) })
}
