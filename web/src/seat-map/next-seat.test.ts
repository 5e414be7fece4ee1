import { expect, test } from '@jest/globals'
import { layOut } from './layouts.fixture.ts'
import { nextSeat } from './next-seat.ts'
import type { Direction } from './next-seat.ts'
import { planSeats } from './plan-seats.ts'

const { seats } = planSeats(
  layOut([
    ['Left', 'VIP', 165_000, 3, 4],
    ['Right', 'VIP', 165_000, 3, 4],
    ['Circle', 'R', 132_000, 2, 10],
  ]),
)
const find = (section: string, row: string, seatNumber: number) => {
  const seat = seats.find(
    (one) => one.section === section && one.row === row && one.seatNumber === seatNumber,
  )
  if (seat === undefined) throw new Error('no such seat')
  return seat
}

test.each<[string, Direction, [string, string, number], [string, string, number]]>([
  ['along a row', 'right', ['Left', 'B', 2], ['Left', 'B', 3]],
  ['over an aisle', 'right', ['Left', 'B', 4], ['Right', 'B', 1]],
  ['and back', 'left', ['Right', 'B', 1], ['Left', 'B', 4]],
  ['to the row in front', 'up', ['Left', 'B', 2], ['Left', 'A', 2]],
  ['to the row behind', 'down', ['Right', 'B', 4], ['Right', 'C', 4]],
])('an arrow key leads %s', (_where, direction, [section, row, number], [toSection, toRow, toNumber]) => {
  expect(nextSeat(seats, find(section, row, number), direction)).toBe(find(toSection, toRow, toNumber))
})

test('an arrow key leads into the next section behind', () => {
  expect(nextSeat(seats, find('Left', 'C', 3), 'down')).toMatchObject({ section: 'Circle', row: 'A' })
})

test('at the edge an arrow key leads nowhere', () => {
  expect(nextSeat(seats, find('Left', 'A', 1), 'left')).toBeUndefined()
  expect(nextSeat(seats, find('Left', 'A', 1), 'up')).toBeUndefined()
  expect(nextSeat(seats, find('Circle', 'B', 5), 'down')).toBeUndefined()
})

test('an arrow key does not leap to a section that only lies farther that way', () => {
  const plan = planSeats(
    layOut([
      ['Floor', 'VIP', 165_000, 8, 4],
      ['Circle', 'R', 132_000, 2, 12],
    ]),
  )
  const [first] = plan.seats
  if (first === undefined) throw new Error('no seat')
  expect(nextSeat(plan.seats, first, 'left')).toBeUndefined()
})

test('every seat is reached by arrow keys', () => {
  const seen = new Set([seats[0]])
  for (const seat of seen) {
    if (seat === undefined) continue
    for (const direction of ['left', 'right', 'up', 'down'] as const) {
      const next = nextSeat(seats, seat, direction)
      if (next !== undefined) seen.add(next)
    }
  }
  expect(seen.size).toBe(seats.length)
})
