import { describe, expect, test } from '@jest/globals'
import { admissionWindow, isOver, requireRoomOpen } from './schedules.ts'

const onSale = { roomOpensAtMs: 100, opensAtMs: 200, endsAtMs: 300, status: 'ON_SALE' }

describe('a waiting room', () => {
  test.each([100, 150, 200, 299])('takes people at %d', (nowMs) => {
    expect(() => requireRoomOpen(onSale, nowMs)).not.toThrow()
  })

  test.each([0, 99, 300, 1_000])('takes nobody at %d', (nowMs) => {
    expect(() => requireRoomOpen(onSale, nowMs)).toThrow(
      expect.objectContaining({ code: 'BOOKING_NOT_OPEN' }),
    )
  })

  test('lets nobody in while the schedule is closed, and is over when it is cancelled or past its end', () => {
    expect(admissionWindow(onSale)).toEqual({ opensAtMs: 200, endsAtMs: 300 })
    expect(admissionWindow({ ...onSale, status: 'CLOSED' })).toEqual({ opensAtMs: 0, endsAtMs: 0 })
    expect(isOver({ ...onSale, status: 'CLOSED' }, 200)).toBe(false)
    expect(isOver({ ...onSale, status: 'CANCELLED' }, 200)).toBe(true)
    expect(isOver(onSale, 300)).toBe(true)
  })
})
