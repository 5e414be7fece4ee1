import { afterEach, describe, expect, test } from '@jest/globals'
import { createStripeCardProvider } from '../src/stripe-card-provider.ts'
import { installStripeMock, startStripeMock } from './stripe-mock.ts'

const mock = await installStripeMock()

// Where Stripe's mock can't be had, the name of what is skipped says why.
const [describeHere, why] = 'program' in mock ? [describe, ''] : [describe.skip, ` (${mock.missing})`]

let stop: (() => Promise<void>) | undefined

afterEach(async () => {
  await stop?.()
  stop = undefined
})

/** A provider whose payments at Stripe's mock have this status. */
async function providerOf(status: string, change: object = {}) {
  if (!('program' in mock)) throw new Error(mock.missing)
  const intent = { id: 'pi_1', object: 'payment_intent', client_secret: 'pi_1_secret_2', status, ...change }
  const refund = { id: 're_1', object: 'refund', status: 'succeeded' }
  const started = await startStripeMock(mock.program, { payment_intent: intent, refund })
  stop = () => started.stop()
  return createStripeCardProvider({
    secretKey: 'sk_test_1',
    apiUrl: started.url,
    currency: 'krw',
    returnUrl: 'https://shop.example/paid',
  })
}

const signal = () => AbortSignal.timeout(60_000)
const request = () => ({
  idempotencyKey: 'capture-1',
  cardToken: 'pm_card_visa',
  amount: 900,
  signal: signal(),
})
const interactive = (reference: string | null = null) => ({ ...request(), paymentId: 'p1', reference })

describeHere(`the requests that Stripe's own mock checks by its description of the API${why}`, () => {
  test('capture and give back', async () => {
    const provider = await providerOf('succeeded')
    expect(await provider.capture(request())).toMatchObject({
      kind: 'captured',
      reference: expect.stringMatching(/^pi_/),
    })
    expect(await provider.captureInteractively(interactive())).toMatchObject({ kind: 'captured' })
    expect(await provider.captureInteractively(interactive('pi_1'))).toMatchObject({ kind: 'captured' })
    await provider.refund({ idempotencyKey: 'refund-1', reference: 'pi_1', amount: 900, signal: signal() })
  })

  test('leave a card open that needs a step, and say which', async () => {
    const url = 'https://hooks.stripe.com/3d_secure_2/hosted?payment_intent=pi_1'
    const action = {
      type: 'redirect_to_url',
      redirect_to_url: { url, return_url: 'https://shop.example/paid' },
    }
    const provider = await providerOf('requires_action', { next_action: action })
    expect(await provider.captureInteractively(interactive())).toMatchObject({
      kind: 'action_required',
      nextAction: { type: 'redirect_to_url', url },
    })
  })

  test('cancel what is given up: the request is a right one, though the mock does not do it', async () => {
    const provider = await providerOf('requires_action')
    const cancel = provider.cancel({ idempotencyKey: 'capture-1', reference: 'pi_1', signal: signal() })
    await expect(cancel).rejects.toThrow(/^Stripe left pi_\w+ requires_action$/)
  })

  test('of a payment without a card are declined as they are', async () => {
    const provider = await providerOf('canceled')
    expect(await provider.capture(request())).toMatchObject({ kind: 'declined' })
  })
})
