import { createServer } from 'node:http'
import type { IncomingHttpHeaders, Server, ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { pino } from 'pino'
import { breakCardCalls } from '../src/break-card-calls.ts'
import type { InteractiveCardProvider } from '../src/card-provider.ts'
import { createStripeCardProvider } from '../src/stripe-card-provider.ts'

interface Answer {
  status: number
  body: object
}

interface Call {
  path: string
  key: string
  form: URLSearchParams
  authorization: string
  headers: IncomingHttpHeaders
}

const cancelled: Answer = { status: 200, body: { id: 'pi_1', status: 'canceled' } }

let stripe: Server
let provider: InteractiveCardProvider
let answer: Answer
let cancelAnswer: Answer
/** What reading the payment again says. */
let current: Answer
/** Breaks the connection in its own way, in place of an answer. */
let misbehave: ((response: ServerResponse) => void) | undefined
const seen: Call[] = []

beforeAll(async () => {
  stripe = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      seen.push({
        path: request.url ?? '',
        key: String(request.headers['idempotency-key']),
        authorization: String(request.headers.authorization),
        headers: request.headers,
        form: new URLSearchParams(Buffer.concat(chunks).toString()),
      })
      if (misbehave !== undefined) return misbehave(response)
      const asked = request.url?.endsWith('/cancel') === true ? cancelAnswer : answer
      const { status, body } = request.method === 'GET' ? current : asked
      response.writeHead(status, { 'Request-Id': 'req_1', 'Stripe-Should-Retry': 'true' })
      response.end(JSON.stringify(body))
    })
  })
  const port = await listen(stripe)
  provider = createStripeCardProvider({
    secretKey: 'sk_test_1',
    apiUrl: `http://127.0.0.1:${port}`,
    currency: 'krw',
  })
})

afterAll(async () => {
  stripe.closeAllConnections()
  await new Promise((resolve) => stripe.close(resolve))
})

beforeEach(() => {
  seen.length = 0
  cancelAnswer = cancelled
  misbehave = undefined
})

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

const capture = (
  by: Pick<InteractiveCardProvider, 'capture'> = provider,
  signal = AbortSignal.timeout(60_000),
) => by.capture({ idempotencyKey: 'capture-1', cardToken: 'pm_1', amount: 900, signal })
const captureInteractively = (by: InteractiveCardProvider) =>
  by.captureInteractively({
    idempotencyKey: 'capture-1',
    cardToken: 'pm_1',
    amount: 900,
    paymentId: 'p1',
    reference: null,
    signal: AbortSignal.timeout(60_000),
  })
const refund = (by: Pick<InteractiveCardProvider, 'refund'> = provider) =>
  by.refund({
    idempotencyKey: 'refund-1',
    reference: 'pi_1',
    amount: 900,
    signal: AbortSignal.timeout(60_000),
  })

describe('a capture at Stripe', () => {
  test('is one confirmed card payment of the amount, under the key', async () => {
    answer = { status: 200, body: { id: 'pi_1', status: 'succeeded' } }
    expect(await capture()).toEqual({ kind: 'captured', reference: 'pi_1' })
    const call = seen[0]
    expect([call?.path, call?.key, call?.authorization]).toEqual([
      '/v1/payment_intents',
      'capture-1',
      'Bearer sk_test_1',
    ])
    expect(Object.fromEntries(call?.form ?? [])).toMatchObject({
      amount: '900',
      currency: 'krw',
      payment_method: 'pm_1',
      confirm: 'true',
      'allowed_payment_method_types[0]': 'card',
    })
  })

  test('asks for one version of the API and tells Stripe nothing of this machine', async () => {
    answer = { status: 200, body: { id: 'pi_1', status: 'succeeded' } }
    await capture()
    await capture()
    const headers = seen[1]?.headers
    expect(headers?.['stripe-version']).toBe('2026-10-28.endive')
    expect(headers?.['x-stripe-client-telemetry']).toBeUndefined()
    expect(JSON.parse(String(headers?.['x-stripe-client-user-agent']))).not.toHaveProperty('platform')
  })

  test.each([
    [402, { type: 'card_error' }],
    [400, { type: 'invalid_request_error', param: 'payment_method' }],
    [404, { type: 'invalid_request_error', param: 'payment_method', code: 'resource_missing' }],
    [400, { type: 'invalid_request_error', code: 'expired_card' }],
  ])('%d %j is a decision: declined', async (status, error) => {
    answer = { status, body: { error: { ...error, message: 'no such card' } } }
    expect(await capture()).toEqual({ kind: 'declined', reason: 'no such card' })
  })

  test.each(['currency', 'return_url', 'amount'])(
    'is not declined where our own %s is refused, and nobody is shown what Stripe says of our account',
    async (param) => {
      const error = { type: 'invalid_request_error', param, message: 'account acct_1 can not do that' }
      answer = { status: 400, body: { error } }
      await expect(capture()).rejects.toThrow('Stripe answered 400 invalid_request_error')
      await expect(capture()).rejects.not.toThrow('acct_1')
    },
  )

  test('that wants another step is declined and cancelled, so that it can not succeed later', async () => {
    answer = { status: 200, body: { id: 'pi_1', status: 'requires_action' } }
    expect((await capture()).kind).toBe('declined')
    expect(seen.map((call) => call.path)).toEqual(['/v1/payment_intents', '/v1/payment_intents/pi_1/cancel'])
  })

  test('whose cancellation is refused is not taken for declined', async () => {
    answer = { status: 200, body: { id: 'pi_1', status: 'requires_action' } }
    cancelAnswer = { status: 400, body: { error: { type: 'invalid_request_error', code: 'unexpected' } } }
    await expect(capture()).rejects.toThrow('Stripe answered 400 unexpected')
    cancelAnswer = { status: 200, body: { id: 'pi_1', status: 'succeeded' } }
    await expect(capture()).rejects.toThrow('Stripe left pi_1 succeeded')
    expect(seen.map((call) => call.key)).toEqual([
      'capture-1',
      'capture-1-cancel',
      'capture-1',
      'capture-1-cancel',
    ])
  })

  test.each([
    ['succeeded', 'captured', 2],
    ['canceled', 'declined', 2],
    ['requires_payment_method', 'declined', 3],
  ])('that was processing at first and is %s now is %s', async (status, kind, calls) => {
    answer = { status: 200, body: { id: 'pi_1', status: 'processing' } }
    current = { status: 200, body: { id: 'pi_1', status } }
    expect((await capture()).kind).toBe(kind)
    expect(seen).toHaveLength(calls)
  })

  test('that is still processing is left alone and asked for again', async () => {
    answer = { status: 200, body: { id: 'pi_1', status: 'processing' } }
    current = answer
    await expect(capture()).rejects.toThrow('processing')
    expect(seen.map((call) => call.path)).toEqual(['/v1/payment_intents', '/v1/payment_intents/pi_1'])
  })

  test.each([
    [500, 'api_error'],
    [429, 'rate_limit_error'],
    [400, 'idempotency_error'],
    [401, 'invalid_request_error'],
    [403, 'invalid_request_error'],
    [409, 'invalid_request_error'],
    [503, 'api_error'],
  ])('%d %s says nothing of the card: rejected, to be asked again', async (status, type) => {
    answer = { status, body: { error: { type } } }
    await expect(capture()).rejects.toThrow(String(status))
    expect(seen).toHaveLength(1)
  })

  test('400 for too many requests says nothing of the card either', async () => {
    answer = { status: 400, body: { error: { type: 'invalid_request_error', code: 'rate_limit' } } }
    await expect(capture()).rejects.toThrow('400')
  })

  test.each([
    [200, {}],
    [200, { id: 'pi_1' }],
    [402, { message: 'payment required' }],
    [404, { error: 'not found' }],
    [502, { message: 'bad gateway' }],
  ])("%d %j is no answer of Stripe's: rejected, to be asked again", async (status, body) => {
    answer = { status, body }
    await expect(capture()).rejects.toThrow()
    expect(seen).toHaveLength(1)
  })
})

describe('a connection to Stripe', () => {
  test.each<[string, (response: ServerResponse) => void]>([
    ['never answers', () => undefined],
    ['stops in the middle of an answer', (response) => response.write('{ "id": ')],
    [
      'answers one blank at a time',
      (response) => {
        const dripping = setInterval(() => response.write(' '), 20)
        response.once('close', () => clearInterval(dripping))
      },
    ],
  ])('that %s is given up at the deadline, and closed', async (_name, how) => {
    let closed = false
    const deadline = new AbortController()
    misbehave = (response) => {
      response.once('close', () => (closed = true))
      how(response)
      setImmediate(() => deadline.abort(new DOMException('too late', 'TimeoutError')))
    }
    // Stripe never ends its answer, so whoever is told anything has given up.
    await expect(capture(provider, deadline.signal)).rejects.toThrow('Stripe gave no answer: TimeoutError')
    await eventually(async () => expect(closed).toBe(true))
  })

  test('has one deadline for all requests of a call', async () => {
    answer = { status: 200, body: { id: 'pi_1', status: 'requires_action' } }
    const deadline = new AbortController()
    misbehave = (response) => {
      if (seen.length === 1) response.end(JSON.stringify(answer.body))
      else deadline.abort()
    }
    await expect(capture(provider, deadline.signal)).rejects.toThrow('Stripe gave no answer')
    expect(seen).toHaveLength(2)
  })

  test.each<[string, (response: ServerResponse) => void]>([
    ['before an answer', (response) => response.destroy()],
    [
      'in the middle of one',
      (response) => {
        response.writeHead(402, { 'Content-Length': 100 })
        response.write('{ "error": { "type": "card_error"', () => response.destroy())
      },
    ],
  ])(
    'that drops %s is no decline; asking again is the same request, and gets the answer',
    async (_name, how) => {
      misbehave = how
      await expect(capture()).rejects.toThrow('Stripe gave no answer')
      expect(seen).toHaveLength(1)
      misbehave = undefined
      answer = { status: 200, body: { id: 'pi_1', status: 'succeeded' } }
      expect(await capture()).toEqual({ kind: 'captured', reference: 'pi_1' })
      expect([seen[1]?.key, String(seen[1]?.form)]).toEqual([seen[0]?.key, String(seen[0]?.form)])
    },
  )

  test('that answers with a page is no decline', async () => {
    misbehave = (response) => response.writeHead(404).end('<html>no such page</html>')
    await expect(capture()).rejects.toThrow('Stripe gave no answer: no JSON')
  })

  test('that is refused is no decline', async () => {
    const gone = createServer()
    const port = await listen(gone)
    await new Promise((resolve) => gone.close(resolve))
    const nobody = createStripeCardProvider({
      secretKey: 'sk_test_1',
      apiUrl: `http://127.0.0.1:${port}`,
      currency: 'krw',
    })
    await expect(capture(nobody)).rejects.toThrow('Stripe gave no answer: ECONNREFUSED')
  })
})

test('what is logged of a failure names the request and neither the card, its owner nor a secret', async () => {
  const lines: string[] = []
  const logger = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) })
  const card = { id: 'pm_1', card: { last4: '4242' }, billing_details: { name: 'Kim Min-jun' } }
  const details = {
    message: 'pm_1 of Kim Min-jun can not be used with sk_test_1',
    payment_method: card,
    payment_intent: {
      id: 'pi_1',
      client_secret: 'pi_1_secret_2',
      last_payment_error: { payment_method: card },
    },
  }
  answer = { status: 500, body: { error: { type: 'api_error', code: 'unexpected', ...details } } }
  const rejections = [capture(), refund()]
  cancelAnswer = answer
  for (const { reason } of (await Promise.allSettled(rejections)).filter(
    (one) => one.status === 'rejected',
  )) {
    logger.warn({ err: reason }, 'the card provider gave no answer')
  }
  expect(lines).toHaveLength(2)
  for (const line of lines) {
    expect(line).toContain('Stripe answered 500 unexpected, request req_1')
    expect(line).not.toMatch(/sk_test_1|pm_1|4242|Min-jun|secret/)
  }
})

describe('a refund at Stripe', () => {
  test('is done when it succeeded, is on its way, or was done before', async () => {
    answer = { status: 200, body: { status: 'succeeded' } }
    await refund()
    answer = { status: 200, body: { status: 'pending' } }
    await refund()
    answer = {
      status: 400,
      body: { error: { type: 'invalid_request_error', code: 'charge_already_refunded' } },
    }
    await refund()
    expect(seen.map((call) => [call.path, call.key, call.form.get('payment_intent')])).toEqual(
      Array.from({ length: 3 }, () => ['/v1/refunds', 'refund-1', 'pi_1']),
    )
  })

  test('that failed is not taken for done', async () => {
    answer = { status: 200, body: { status: 'failed' } }
    await expect(refund()).rejects.toThrow('failed')
  })

  test.each(['canceled', 'requires_action', null])('that is %s is not taken for done', async (status) => {
    answer = { status: 200, body: { status } }
    await expect(refund()).rejects.toThrow(String(status))
  })

  test('that Stripe refuses, or does not answer, is not taken for done', async () => {
    answer = {
      status: 400,
      body: { error: { type: 'invalid_request_error', code: 'charge_disputed' } },
    }
    await expect(refund()).rejects.toThrow('Stripe answered 400 charge_disputed')
    answer = { status: 200, body: {} }
    await expect(refund()).rejects.toThrow()
    misbehave = (response) => response.destroy()
    await expect(refund()).rejects.toThrow('Stripe gave no answer')
    expect(new Set(seen.map((call) => call.key))).toEqual(new Set(['refund-1']))
  })
})

test('a secret key that no header can carry is not quoted', async () => {
  const broken = createStripeCardProvider({
    secretKey: 'sk_live\n1',
    apiUrl: 'http://127.0.0.1',
    currency: 'krw',
  })
  await expect(capture(broken)).rejects.toThrow(/^Stripe gave no answer: TypeError$/)
})

test('a provider that keeps failing is left alone for a while; a declined card is no failure', async () => {
  const states: string[] = []
  const broken = breakCardCalls(provider, (state, calls) => states.push(`${calls} ${state}`))
  answer = { status: 402, body: { error: { type: 'card_error' } } }
  for (let call = 0; call < 20; call += 1) await capture(broken)
  expect(states).toEqual([])
  answer = { status: 500, body: { error: { type: 'api_error' } } }
  for (let call = 0; call < 30; call += 1) await capture(broken).catch(() => undefined)
  expect(states).toEqual(['captures open'])
  const asked = seen.length
  await expect(capture(broken)).rejects.toThrow()
  await expect(captureInteractively(broken)).rejects.toThrow()
  expect(seen).toHaveLength(asked)
  // Refunds have a breaker of their own.
  answer = { status: 200, body: { status: 'succeeded' } }
  await refund(broken)
  expect(seen).toHaveLength(asked + 1)
  broken.shutdown()
})

test('calls that run into their time-out do not stop the others: some bank is slow, and Stripe is there', async () => {
  const states: string[] = []
  const broken = breakCardCalls(provider, (state) => states.push(state))
  misbehave = () => undefined
  const late = Array.from({ length: 30 }, () => capture(broken, AbortSignal.timeout(100)))
  for (const { status } of await Promise.allSettled(late)) expect(status).toBe('rejected')
  misbehave = undefined
  answer = { status: 200, body: { id: 'pi_1', status: 'succeeded' } }
  expect(await capture(broken)).toEqual({ kind: 'captured', reference: 'pi_1' })
  expect(states).toEqual([])
  broken.shutdown()
})
