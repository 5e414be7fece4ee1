import { expect, test } from '@jest/globals'
import { salePhase } from './sale-phase.ts'

const schedule = {
  status: 'ON_SALE',
  waitingRoomOpenAt: '2026-12-01T00:50:00Z',
  bookingOpenAt: '2026-12-01T01:00:00Z',
  bookingCloseAt: '2026-12-10T00:00:00Z',
  performanceAt: '2026-12-10T10:00:00Z',
  availableSeats: 5,
} as const

test.each([
  ['2026-12-01T00:49:59Z', 'closed-room'],
  ['2026-12-01T00:50:00Z', 'room-open'],
  ['2026-12-01T00:59:59Z', 'room-open'],
  ['2026-12-01T01:00:00Z', 'open'],
  ['2026-12-09T23:59:59Z', 'open'],
  ['2026-12-10T00:00:00Z', 'closed'],
  ['2026-12-10T10:00:00Z', 'over'],
])('at %s the sale is %s', (at, phase) => {
  expect(salePhase(schedule, Date.parse(at))).toBe(phase)
})

test('what was cancelled is told before all else, and nobody is sent into a line for nothing', () => {
  const open = Date.parse('2026-12-02T00:00:00Z')
  expect(salePhase({ ...schedule, status: 'CANCELLED' }, Date.parse('2027-01-01T00:00:00Z'))).toBe(
    'cancelled',
  )
  expect(salePhase({ ...schedule, status: 'CLOSED' }, open)).toBe('closed')
  expect(salePhase({ ...schedule, availableSeats: 0 }, open)).toBe('sold-out')
  expect(salePhase({ ...schedule, availableSeats: 0 }, Date.parse('2026-12-01T00:55:00Z'))).toBe('room-open')
})
