import { describe, expect, test } from '@jest/globals'
import type { InteractiveCardProvider } from './card-provider.ts'
import { createSimulatedCardProvider } from './simulated-card-provider.ts'

const LATE_MS = 60_000

function simulator() {
  const provider = createSimulatedCardProvider({ lateMs: LATE_MS })
  return (idempotencyKey: string, cardToken: string, signal = new AbortController().signal) =>
    provider.capture({ idempotencyKey, cardToken, amount: 100, signal })
}

test('each capture has a reference of its own, and the same one after a restart', async () => {
  const [first, other] = [simulator(), simulator()]
  const one = await first('k1', 'tok_approved')
  expect(one).toEqual({ kind: 'captured', reference: expect.stringMatching(/^sim_[0-9a-f]{24}$/) })
  expect(await first('k1', 'tok_approved')).toEqual(one)
  expect(await other('k1', 'tok_approved')).toEqual(one)
  expect(await first('k2', 'tok_approved')).not.toEqual(one)
})

test('a card that fails at first works when the same capture is tried again', async () => {
  const capture = simulator()
  for (const key of ['k1', 'k2']) {
    await expect(capture(key, 'tok_flaky')).rejects.toThrow('the simulated provider failed')
    expect(await capture(key, 'tok_flaky')).toMatchObject({ kind: 'captured' })
  }
})

test('a card that answers late is given up on by its caller, and has been captured when it is asked again', async () => {
  const capture = simulator()
  const impatient = new AbortController()
  const late = capture('k1', 'tok_timeout', impatient.signal)
  impatient.abort()
  await expect(late).rejects.toThrow()
  expect(await capture('k1', 'tok_timeout')).toMatchObject({ kind: 'captured' })
})

test.each([
  ['tok_declined', 'the card was declined'],
  ['tok_unknown', 'no such card'],
  ['', 'no such card'],
])('%p is declined, and why is told', async (cardToken, reason) => {
  expect(await simulator()('k1', cardToken)).toEqual({ kind: 'declined', reason })
})

describe('a card that needs a step of its owner', () => {
  const ask = (provider: InteractiveCardProvider, cardToken: string, idempotencyKey = 'k1') =>
    provider.captureInteractively({
      idempotencyKey,
      cardToken,
      amount: 100,
      paymentId: 'p1',
      reference: null,
      signal: new AbortController().signal,
    })
  const cancel = (provider: InteractiveCardProvider, idempotencyKey = 'k1') =>
    provider.cancel({ idempotencyKey, reference: 'sim', signal: new AbortController().signal })

  test('is told of, and taken when the owner has done it', async () => {
    const slow = createSimulatedCardProvider({ lateMs: LATE_MS, actionMs: 60_000 })
    const asked = await ask(slow, 'tok_action')
    expect(asked).toEqual({
      kind: 'action_required',
      reference: expect.stringMatching(/^sim_/),
      nextAction: { type: 'use_provider_sdk', provider: 'simulator', clientSecret: expect.any(String) },
    })
    const quick = createSimulatedCardProvider({ lateMs: LATE_MS, actionMs: 0 })
    expect(await ask(quick, 'tok_action')).toMatchObject({ kind: 'captured' })
    expect(await ask(quick, 'tok_action_declined')).toMatchObject({ kind: 'declined' })
    expect(await ask(quick, 'tok_action_never')).toMatchObject({ kind: 'action_required' })
  })

  test('can not be taken any more when it was cancelled', async () => {
    const provider = createSimulatedCardProvider({ lateMs: LATE_MS, actionMs: 0 })
    await ask(provider, 'tok_action_never')
    expect(await cancel(provider)).toMatchObject({ kind: 'declined' })
    expect(await ask(provider, 'tok_action')).toMatchObject({ kind: 'declined' })
  })

  test('is declined for whoever can not bring the owner to it', async () => {
    const provider = createSimulatedCardProvider({ lateMs: LATE_MS, actionMs: 60_000 })
    const signal = new AbortController().signal
    const request = { idempotencyKey: 'k1', cardToken: 'tok_action', amount: 100, signal }
    expect(await provider.capture(request)).toEqual({
      kind: 'declined',
      reason: 'the card needs another step',
    })
  })
})
