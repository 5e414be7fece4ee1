import { expect, test } from '@jest/globals'
import { hideSecrets } from './hide-secrets.ts'

test('what has the name of a secret is hidden at any depth, whatever it holds, and all else stays', () => {
  const body = {
    amount: 5,
    reason: 'a token of goodwill',
    card: { token: 'tok_approved' },
    hooks: [{ url: 'https://example.test', signingSecret: 'x' }, { apiKey: ['a', 'b'] }],
    nested: { clientPassword: null, seatIds: [1, 2] },
  }
  expect(hideSecrets(body)).toEqual({
    amount: 5,
    reason: 'a token of goodwill',
    card: '[hidden]',
    hooks: [{ url: 'https://example.test', signingSecret: '[hidden]' }, { apiKey: '[hidden]' }],
    nested: { clientPassword: '[hidden]', seatIds: [1, 2] },
  })
  expect(body.card).toEqual({ token: 'tok_approved' })
})

test.each([null, 5, 'text', true, [1, 'b']])('%j is as it was', (value) => {
  expect(hideSecrets(value)).toEqual(value)
})
