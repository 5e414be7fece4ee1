import { expect, test } from '@jest/globals'
import { readInstallation } from './installation.ts'

const byDefault = {
  currency: 'KRW',
  testCards: false,
  seatsPerUserMax: 6,
  chargeAmountMin: 1_000,
  chargeAmountMax: 1_000_000,
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

test('where it does not say, there are no test cards and the rest is as by default', () => {
  expect(readInstallation({ issuer: 'https://id.example' })).toEqual(byDefault)
  expect(readInstallation({ currency: '', testCards: 'true' })).toEqual(byDefault)
  expect(readInstallation({ seatsPerUserMax: '2', chargeAmountMin: 0, chargeAmountMax: null })).toEqual(
    byDefault,
  )
  expect(() => readInstallation('<html>')).toThrow('/config.json')
})
