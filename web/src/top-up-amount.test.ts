import { expect, test } from '@jest/globals'
import { readAmount } from './top-up-amount.ts'

const limits = { chargeAmountMin: 1_000, chargeAmountMax: 1_000_000 }

test.each([
  ['100000', 100_000],
  ['1,000,000', 1_000_000],
  ['1.000.000', 1_000_000],
  [' 10 000 ', 10_000],
  ['10’000', 10_000],
  ['999', 'small'],
  ['0', 'small'],
  ['1000001', 'large'],
  ['5000.00', 'decimal'],
  ['5,000.00', 'decimal'],
  ['5000,5', 'decimal'],
  ['10.00', 'decimal'],
  ['50,00,000', 'none'],
  ['1,000.000', 'decimal'],
  ['1,0000', 'decimal'],
  ['10 00', 'none'],
  ['', 'none'],
  ['-5000', 'none'],
  ['ten', 'none'],
  ['1e6', 'none'],
])('%j of a currency without a smaller unit is %s', (text, read) => {
  expect(readAmount(text, 0, limits)).toEqual(typeof read === 'number' ? { amount: read } : { problem: read })
})

test.each([
  ['50', 5_000],
  ['50.5', 5_050],
  ['50,55', 5_055],
  ['1,000', 100_000],
  ['1,000.50', 100_050],
  ['1.000,50', 100_050],
  ['50.555', 'large'],
  ['5000.555', 'decimal'],
  ['9.99', 'small'],
])('%j of a currency with cents is %s of them', (text, read) => {
  expect(readAmount(text, 2, limits)).toEqual(typeof read === 'number' ? { amount: read } : { problem: read })
})

test('the limits are those of the installation', () => {
  const others = { chargeAmountMin: 500, chargeAmountMax: 2_000 }
  expect(readAmount('499', 0, others)).toEqual({ problem: 'small' })
  expect(readAmount('500', 0, others)).toEqual({ amount: 500 })
  expect(readAmount('2001', 0, others)).toEqual({ problem: 'large' })
})

test('where the smaller unit has three digits, a mark that may be either is not guessed', () => {
  expect(readAmount('1.000', 3, limits)).toEqual({ problem: 'decimal' })
  expect(readAmount('100', 3, limits)).toEqual({ amount: 100_000 })
})
