import { expect, test } from '@jest/globals'
import { readHoldBody } from './wish.ts'

test.each([
  { scheduleId: 1, quantity: 2 },
  { scheduleId: 1, quantity: 2, grade: 'R', allowSplit: true },
  { scheduleId: 1, seatIds: [4, 5], totalAmount: 330_000 },
])('a hold that a reload cut off is the same request afterwards, to the letter: %j', (body) => {
  expect(JSON.stringify(readHoldBody(JSON.parse(JSON.stringify(body)), 1))).toBe(JSON.stringify(body))
})

test.each([null, 'x', {}, { scheduleId: 2, quantity: 2 }, { scheduleId: 1, seatIds: ['4'], totalAmount: 1 }])(
  '%j holds nothing of schedule 1',
  (body) => {
    expect(readHoldBody(body, 1)).toBeUndefined()
  },
)
