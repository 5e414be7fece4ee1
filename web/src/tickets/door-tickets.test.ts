import { expect, test } from '@jest/globals'
import { doorTickets } from './door-tickets.ts'

const ticket = (seatId: number, checkedInAt: string | null = null) => ({ seat: { seatId }, checkedInAt })

test('the ticket at hand stays the same one when others, or it, are used', () => {
  const before = doorTickets([ticket(1), ticket(2), ticket(3)], 2)
  expect([before.at, before.ticket?.seat.seatId, before.shown.length]).toEqual([1, 2, 3])
  const otherUsed = doorTickets([ticket(1, '2027-01-01T10:00:00Z'), ticket(2), ticket(3)], 2)
  expect([otherUsed.at, otherUsed.ticket?.seat.seatId, otherUsed.shown.length]).toEqual([0, 2, 2])
  const itselfUsed = doorTickets([ticket(1), ticket(2, '2027-01-01T10:00:00Z'), ticket(3)], 2)
  expect(itselfUsed.ticket).toMatchObject({ seat: { seatId: 2 }, checkedInAt: '2027-01-01T10:00:00Z' })
  expect(doorTickets([ticket(1)], 2).ticket).toBeUndefined()
})
