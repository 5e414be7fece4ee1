import { expect, test } from '@jest/globals'
import { readInstallation } from './installation.ts'

const byDefault = {
  currency: 'KRW',
  testCards: false,
  stripePublishableKey: undefined,
  seatsPerUserMax: 6,
  chargeAmountMin: 1_000,
  chargeAmountMax: 1_000_000,
  isJoinChecked: false,
}

test('the gateway says in which currency money is taken, whether test cards are offered, and how much at once', () => {
  expect(readInstallation({ currency: 'eur', testCards: true })).toEqual({
    ...byDefault,
    currency: 'EUR',
    testCards: true,
  })
  const limits = { seatsPerUserMax: 2, chargeAmountMin: 100, chargeAmountMax: 5_000 }
  expect(readInstallation({ currency: 'krw', testCards: false, ...limits })).toEqual({
    ...byDefault,
    ...limits,
  })
})

test('real cards are taken by a publishable key of Stripe, and by nothing else', () => {
  const keyOf = (stripePublishableKey: unknown) =>
    readInstallation({ stripePublishableKey }).stripePublishableKey
  expect(keyOf('pk_test_51Abc')).toBe('pk_test_51Abc')
  expect(keyOf('pk_live_51Abc')).toBe('pk_live_51Abc')
  for (const none of ['', 'sk_live_51Abc', 'pk_test_', 'pk_test_a b', 7, null])
    expect(keyOf(none)).toBeUndefined()
})

test('joins are checked where the gateway names a check', () => {
  const isChecked = (joinCheck: unknown) => readInstallation({ joinCheck }).isJoinChecked
  expect(isChecked('proof-of-work')).toBe(true)
  for (const none of ['none', null, 7]) expect(isChecked(none)).toBe(false)
})

test('where it does not say, there are no test cards and the rest is as by default', () => {
  expect(readInstallation({ issuer: 'https://id.example' })).toEqual(byDefault)
  expect(readInstallation({ currency: '', testCards: 'true' })).toEqual(byDefault)
  expect(readInstallation({ seatsPerUserMax: '2', chargeAmountMin: 0, chargeAmountMax: null })).toEqual(
    byDefault,
  )
  expect(() => readInstallation('<html>')).toThrow('/config.json')
})
