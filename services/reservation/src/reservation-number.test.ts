import { expect, test } from '@jest/globals'
import { newReservationNumber } from './reservation-number.ts'

test('a number can be read out: ten letters and digits of which none looks like another, and each is new', () => {
  const numbers = Array.from({ length: 2_000 }, () => newReservationNumber())
  for (const number of numbers) expect(number).toMatch(/^FR-[2-9A-HJKMNP-TV-Z]{10}$/)
  expect(new Set(numbers).size).toBe(numbers.length)
  // Each of the 30 is expected 667 times of 20,000; that one never comes has a chance below 10^-290.
  expect(new Set(numbers.join('').replaceAll('FR-', '')).size).toBe(30)
})
