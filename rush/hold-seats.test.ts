import { expect, test } from '@jest/globals'
import { holdProblem } from './hold-seats.ts'
import type { MapSeat } from './choose-seats.ts'

const seat = (seatId: number): MapSeat => ({ seatId, price: 70_000, status: 'AVAILABLE' })
const chosen = [seat(1), seat(2)]

test('a hold of what was asked for, at its price, is right', () => {
  expect(holdProblem({ seatIds: [2, 1], amount: 140_000 }, chosen, false)).toBeUndefined()
  expect(holdProblem({ seatIds: [8, 9], amount: 300_000 }, chosen, true)).toBeUndefined()
})

test.each([
  [{ seatIds: [1], amount: 70_000 }, false],
  [{ seatIds: [1, 1], amount: 140_000 }, false],
  [{ seatIds: [1, 3], amount: 140_000 }, false],
  [{ seatIds: [1, 2], amount: 139_999 }, false],
  [{ seatIds: [8], amount: 70_000 }, true],
])('%j is not what was asked for', (hold, bestAvailable) => {
  expect(holdProblem(hold, chosen, bestAvailable)).toEqual(expect.any(String))
})
