import { expect, test } from '@jest/globals'
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
