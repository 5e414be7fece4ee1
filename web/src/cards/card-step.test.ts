import { expect, test } from '@jest/globals'
import { problemOf, stepEndOf } from './card-problem.ts'
import { readCardStep } from './card-step.ts'

const until = '2030-01-01T00:00:00.000Z'

test('a step is read as what the page can do about it', () => {
  const ofStripe = { type: 'use_provider_sdk', provider: 'stripe', clientSecret: 'pi_1_secret_2', until }
  expect(readCardStep({ nextAction: ofStripe })).toEqual({
    kind: 'stripe',
    clientSecret: 'pi_1_secret_2',
    untilMs: Date.parse(until),
  })
  const url = 'https://hooks.stripe.com/3d_secure_2/hosted'
  expect(readCardStep({ nextAction: { type: 'redirect_to_url', url, until } })).toEqual({
    kind: 'address',
    url,
  })
  for (const none of [undefined, null, {}, { nextAction: null }, 'no']) {
    expect(readCardStep(none)).toBeUndefined()
  }
  const strange = [
    { ...ofStripe, provider: 'simulator' },
    { ...ofStripe, clientSecret: undefined },
    { ...ofStripe, until: 'soon' },
    { type: 'redirect_to_url', url: 'javascript:alert(1)' },
    { type: 'new' },
  ]
  for (const nextAction of strange) expect(readCardStep({ nextAction })).toEqual({ kind: 'unknown' })
})

test.each([
  ['validation_error', 'form'],
  ['card_error', 'card'],
  ['api_connection_error', 'away'],
  ['api_error', 'away'],
  ['rate_limit_error', 'away'],
  ['authentication_error', 'broken'],
  ['invalid_request_error', 'broken'],
  ['of_next_year', 'broken'],
])("Stripe's %s is told as %s", (type, kind) => {
  expect(problemOf({ type, message: 'no' })).toMatchObject({ kind, message: 'no' })
})

test.each([
  [undefined, 'done'],
  [{ type: 'invalid_request_error', code: 'payment_intent_unexpected_state' }, 'done'],
  [{ type: 'card_error', code: 'payment_intent_authentication_failure' }, 'refused'],
  [{ type: 'invalid_request_error', code: 'payment_intent_authentication_failure' }, 'refused'],
  [{ type: 'api_connection_error' }, 'open'],
])('a step that ends with %j is %s', (failure, end) => {
  expect(stepEndOf(failure)).toBe(end)
})
