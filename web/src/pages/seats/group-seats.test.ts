import { expect, test } from '@jest/globals'
import { groupSeats } from './group-seats.ts'
import { withStates } from './seats-query.ts'
import type { Seat } from './seats-query.ts'

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

test('a change touches the seats that it names, a snapshot all of them', () => {
  const map = {
    scheduleInfo: {
      scheduleId: 7,
      concertId: 1,
      concertTitle: 'First Light',
      venueId: 1,
      venueName: 'Olympic Hall',
      performanceDate: '2026-12-10',
      performanceTime: '19:30:00',
      timeZone: 'Asia/Seoul',
      bookingOpenAt: '2026-12-01T01:00:00Z',
      bookingCloseAt: '2026-12-10T00:00:00Z',
      availableSeats: 3,
      status: 'ON_SALE' as const,
    },
    layoutEndpoint: '/layout',
    seats,
  }
  const states = (isAll: boolean) =>
    withStates(map, [{ seatId: 3, status: 'SOLD_OUT' }], isAll).seats.map(({ status }) => status)
  expect(states(false)).toEqual(['AVAILABLE', 'HOLD', 'SOLD_OUT', 'AVAILABLE'])
  expect(states(true)).toEqual(['AVAILABLE', 'AVAILABLE', 'SOLD_OUT', 'AVAILABLE'])
})
