import { expect, test } from '@jest/globals'
import { amountProblem, readAmount } from './top-up-amount.ts'

test.each([
  ['100000', 100_000, undefined],
  ['1,000,000', 1_000_000, undefined],
  [' 10 000 ', 10_000, undefined],
  ['999', 999, 'small'],
  ['0', 0, 'small'],
  ['1000001', 1_000_001, 'large'],
  ['', undefined, 'none'],
  ['-5000', undefined, 'none'],
  ['ten', undefined, 'none'],
  ['1e6', undefined, 'none'],
])('%j is read as %s, with the problem %s', (text, amount, problem) => {
  expect(readAmount(text)).toBe(amount)
  expect(amountProblem(readAmount(text))).toBe(problem)
})
