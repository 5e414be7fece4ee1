import { expect, test } from '@jest/globals'
import { readInstallation } from './installation.ts'

test('the gateway says in which currency money is taken, and whether test cards are offered', () => {
  expect(readInstallation({ currency: 'eur', testCards: true })).toEqual({ currency: 'EUR', testCards: true })
  expect(readInstallation({ currency: 'krw', testCards: false })).toEqual({
    currency: 'KRW',
    testCards: false,
  })
})

test('where it does not say, there are no test cards and the currency is the default one', () => {
  expect(readInstallation({ issuer: 'https://id.example' })).toEqual({ currency: 'KRW', testCards: false })
  expect(readInstallation({ currency: '', testCards: 'true' })).toEqual({ currency: 'KRW', testCards: false })
  expect(() => readInstallation('<html>')).toThrow('/config.json')
})
