import { expect, test } from '@jest/globals'
import { hidesOpenings, inOrderOfAttention } from './order.ts'

const now = Date.parse('2026-12-01T10:00:00Z')

function schedule(name: string, opensAt: string, changes: object = {}) {
  return {
    name,
    status: 'ON_SALE' as const,
    performanceAt: '2026-12-24T10:00:00Z',
    waitingRoomOpenAt: opensAt,
    bookingOpenAt: opensAt,
    bookingCloseAt: '2026-12-20T10:00:00Z',
    availableSeats: 10,
    ...changes,
  }
}

test('what sells now comes before what opens next, and of both what opened or opens nearest to now', () => {
  const listed = [
    schedule('since yesterday', '2026-11-30T10:00:00Z'),
    schedule('cancelled', '2026-12-01T09:00:00Z', { status: 'CANCELLED' }),
    schedule('tomorrow', '2026-12-02T10:00:00Z'),
    schedule('sold out', '2026-12-01T09:00:00Z', { availableSeats: 0 }),
    schedule('in a minute', '2026-12-01T10:01:00Z'),
    schedule('room open', '2026-12-01T11:00:00Z', { waitingRoomOpenAt: '2026-12-01T09:30:00Z' }),
    schedule('now', '2026-12-01T09:00:00Z'),
  ]
  expect(inOrderOfAttention(listed, now).map(({ name }) => name)).toEqual([
    'now',
    'since yesterday',
    'room open',
    'in a minute',
    'tomorrow',
    'sold out',
    'cancelled',
  ])
})

test('while all that is listed is open already, what opens next may be behind it', () => {
  const open = schedule('since yesterday', '2026-11-30T10:00:00Z')
  const next = schedule('tomorrow', '2026-12-02T10:00:00Z')
  expect(hidesOpenings([], now)).toBe(false)
  expect(hidesOpenings([open], now)).toBe(true)
  expect(hidesOpenings([open, next], now)).toBe(false)
})
