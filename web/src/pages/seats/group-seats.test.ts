import { expect, test } from '@jest/globals'
import type { Seat } from '../../seat-map/live-states.ts'
import { groupSeats } from './group-seats.ts'

const seat = (seatId: number, section: string, row: string, status: Seat['status'] = 'AVAILABLE'): Seat => ({
  seatId,
  seatNumber: seatId,
  section,
  row,
  grade: section === 'Floor' ? 'VIP' : 'S',
  price: section === 'Floor' ? 165_000 : 99_000,
  status,
})
const seats = [
  seat(1, 'Floor', '1'),
  seat(2, 'Floor', '1', 'HOLD'),
  seat(3, 'Floor', '2'),
  seat(4, 'Balcony', '1'),
]

test('seats are listed by section and row in the order of the map, each with what is free', () => {
  expect(groupSeats(seats)).toMatchObject([
    {
      section: 'Floor',
      free: 2,
      grades: [{ grade: 'VIP', price: 165_000 }],
      rows: [
        { row: '1', free: 1, seats: [{ seatId: 1 }, { seatId: 2 }] },
        { row: '2', free: 1, seats: [{ seatId: 3 }] },
      ],
    },
    { section: 'Balcony', free: 1, rows: [{ row: '1', free: 1 }] },
  ])
})
