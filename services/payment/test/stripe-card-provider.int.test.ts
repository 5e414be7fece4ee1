import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { breakCardCalls } from '../src/break-card-calls.ts'
import type { CardProvider } from '../src/card-provider.ts'
import { createStripeCardProvider } from '../src/stripe-card-provider.ts'

let stripe: Server
let provider: CardProvider
let answer: { status: number; body: object }
const seen: { path: string; key: string; form: URLSearchParams; authorization: string }[] = []

beforeAll(async () => {
  stripe = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      seen.push({
        path: request.url ?? '',
        key: String(request.headers['idempotency-key']),
        authorization: String(request.headers.authorization),
        form: new URLSearchParams(Buffer.concat(chunks).toString()),
      })
      const cancelled = request.url?.endsWith('/cancel') === true
      response.statusCode = cancelled ? 200 : answer.status
      response.end(JSON.stringify(cancelled ? { id: 'pi_1', status: 'canceled' } : answer.body))
    })
  })
  await new Promise<void>((resolve) => stripe.listen(0, '127.0.0.1', resolve))
  const address = stripe.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
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
})

const capture = (by = provider) =>
  by.capture({
    idempotencyKey: 'capture-1',
    cardToken: 'pm_1',
    amount: 900,
    signal: AbortSignal.timeout(2_000),
  })
const refund = () =>
  provider.refund({
    idempotencyKey: 'refund-1',
    reference: 'pi_1',
    amount: 900,
    signal: AbortSignal.timeout(2_000),
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
      'payment_method_types[]': 'card',
    })
  })

  test.each([
    [402, 'card_error'],
    [400, 'invalid_request_error'],
    [404, 'invalid_request_error'],
  ])('%d %s is a decision: declined', async (status, type) => {
    answer = { status, body: { error: { type, message: 'no such card' } } }
    expect(await capture()).toEqual({ kind: 'declined', reason: 'no such card' })
  })

  test('that wants another step is declined and cancelled, so that it can not succeed later', async () => {
    answer = { status: 200, body: { id: 'pi_1', status: 'requires_action' } }
    expect((await capture()).kind).toBe('declined')
    expect(seen.map((call) => call.path)).toEqual(['/v1/payment_intents', '/v1/payment_intents/pi_1/cancel'])
  })

  test.each([
    [500, 'api_error'],
    [429, 'rate_limit_error'],
    [400, 'idempotency_error'],
  ])('%d %s says nothing of the card: rejected, to be asked again', async (status, type) => {
    answer = { status, body: { error: { type } } }
    await expect(capture()).rejects.toThrow(String(status))
  })
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
})

test('a provider that keeps failing is left alone for a while; a declined card is no failure', async () => {
  const states: string[] = []
  const broken = breakCardCalls(provider, (state) => states.push(state))
  answer = { status: 402, body: { error: { type: 'card_error' } } }
  for (let call = 0; call < 20; call += 1) await capture(broken)
  expect(states).toEqual([])
  answer = { status: 500, body: { error: { type: 'api_error' } } }
  for (let call = 0; call < 30; call += 1) await capture(broken).catch(() => undefined)
  expect(states).toEqual(['open'])
  const asked = seen.length
  await expect(capture(broken)).rejects.toThrow()
  expect(seen).toHaveLength(asked)
  broken.shutdown()
})
