import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { InteractiveCardProvider } from '../src/card-provider.ts'
import { createStripeCardProvider } from '../src/stripe-card-provider.ts'

interface Answer {
  status: number
  body: object
}

const PAYMENT_ID = '01932c07-b1d2-7a3b-8c4d-5e6f70819203'
const cancelled: Answer = { status: 200, body: { id: 'pi_1', status: 'canceled' } }

let stripe: Server
let port: number
let provider: InteractiveCardProvider
let answer: Answer
let cancelAnswer: Answer
/** What reading the payment says. */
let current: Answer
const seen: { path: string; key: string; form: URLSearchParams }[] = []

beforeAll(async () => {
  stripe = createServer(async (request, response) => {
    const path = request.url ?? ''
    const form = new URLSearchParams((await request.toArray()).join(''))
    seen.push({ path, key: String(request.headers['idempotency-key']), form })
    const asked = path.endsWith('/cancel') ? cancelAnswer : answer
    const { status, body } = request.method === 'GET' ? current : asked
    response.writeHead(status).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => stripe.listen(0, '127.0.0.1', resolve))
  const address = stripe.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
  provider = providerWith({})
})

afterAll(async () => {
  stripe.closeAllConnections()
  await new Promise((resolve) => stripe.close(resolve))
})

beforeEach(() => {
  seen.length = 0
  cancelAnswer = cancelled
})

const providerWith = (change: { returnUrl?: string }) =>
  createStripeCardProvider({
    secretKey: 'sk_test_1',
    apiUrl: `http://127.0.0.1:${port}`,
    currency: 'krw',
    ...change,
  })
const signal = () => AbortSignal.timeout(60_000)
const captureInteractively = (by = provider, reference: string | null = null) =>
  by.captureInteractively({
    idempotencyKey: 'capture-1',
    cardToken: 'pm_1',
    amount: 900,
    paymentId: PAYMENT_ID,
    reference,
    signal: signal(),
  })
const cancel = () => provider.cancel({ idempotencyKey: 'capture-1', reference: 'pi_1', signal: signal() })

describe('a capture at Stripe for an owner who is there', () => {
  const waiting = { id: 'pi_1', status: 'requires_action', client_secret: 'pi_1_secret_2' }

  test('is left open where the card needs a step, with no more than the page needs for it', async () => {
    const action = { type: 'use_stripe_sdk', use_stripe_sdk: { three_d_secure_2_source: 'src_1' } }
    answer = { status: 200, body: { ...waiting, next_action: action } }
    current = answer
    expect(await captureInteractively()).toEqual({
      kind: 'action_required',
      reference: 'pi_1',
      nextAction: { type: 'use_provider_sdk', provider: 'stripe', clientSecret: 'pi_1_secret_2' },
    })
    expect(seen.map((call) => call.path)).toEqual(['/v1/payment_intents', '/v1/payment_intents/pi_1'])
    expect(seen[0]?.form.get('return_url')).toBeNull()
  })

  test('is an address to go to where there is one to come back to, and then the page gets no secret', async () => {
    const returning = providerWith({ returnUrl: 'https://shop.example/paid?lang=ko' })
    const url = 'https://hooks.stripe.com/3d_secure_2/hosted?payment_intent=pi_1'
    const action = { type: 'redirect_to_url', redirect_to_url: { url, return_url: 'https://shop.example' } }
    answer = { status: 200, body: { ...waiting, next_action: action } }
    current = answer
    expect(await captureInteractively(returning)).toEqual({
      kind: 'action_required',
      reference: 'pi_1',
      nextAction: { type: 'redirect_to_url', url },
    })
    expect(seen[0]?.form.get('return_url')).toBe(`https://shop.example/paid?lang=ko&paymentId=${PAYMENT_ID}`)
  })

  test.each([
    ['succeeded', 'captured', 1],
    ['requires_action', 'action_required', 1],
    ['requires_payment_method', 'declined', 2],
    ['canceled', 'declined', 1],
  ])('that is known and %s by now is read: %s', async (status, kind, requests) => {
    current = { status: 200, body: { ...waiting, status } }
    expect((await captureInteractively(provider, 'pi_1')).kind).toBe(kind)
    expect(seen).toHaveLength(requests)
    expect(seen.map((call) => call.path)).not.toContain('/v1/payment_intents')
  })

  test('whose owner failed says why, and is cancelled under the key', async () => {
    const error = { message: 'We are unable to authenticate your payment method.' }
    current = {
      status: 200,
      body: { ...waiting, status: 'requires_payment_method', last_payment_error: error },
    }
    expect(await captureInteractively(provider, 'pi_1')).toEqual({ kind: 'declined', reason: error.message })
    expect([seen[1]?.path, seen[1]?.key]).toEqual(['/v1/payment_intents/pi_1/cancel', 'capture-1-cancel'])
  })

  test('that is given up is cancelled, unless the owner was faster', async () => {
    current = { status: 200, body: waiting }
    expect((await cancel()).kind).toBe('declined')
    current = { status: 200, body: { ...waiting, status: 'succeeded' } }
    expect(await cancel()).toEqual({ kind: 'captured', reference: 'pi_1' })
    current = { status: 200, body: waiting }
    cancelAnswer = {
      status: 400,
      body: { error: { type: 'invalid_request_error', code: 'payment_intent_unexpected_state' } },
    }
    await expect(cancel()).rejects.toThrow('payment_intent_unexpected_state')
  })
})
