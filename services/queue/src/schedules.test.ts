import { describe, expect, test } from '@jest/globals'
import { refuse } from '@frontrow/proto/refusals'
import { admissionWindow, createSchedules, isOver, requireRoomOpen } from './schedules.ts'

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

  test('says why it takes nobody, and when it will', () => {
    const refusalOf = (change: object, nowMs: number) => {
      try {
        requireRoomOpen({ ...onSale, ...change }, nowMs)
      } catch (error) {
        return error
      }
      return undefined
    }
    expect(refusalOf({ status: 'CLOSED' }, 200)).toMatchObject({ message: 'this schedule is not on sale' })
    expect(refusalOf({}, 99)).toMatchObject({
      message: 'the waiting room is not open yet',
      details: { opensAt: '1970-01-01T00:00:00.100Z' },
    })
    expect(refusalOf({}, 300)).toMatchObject({ message: 'the on-sale has ended' })
  })

  test('lets nobody in while the schedule is closed, and is over when it is cancelled or past its end', () => {
    expect(admissionWindow(onSale)).toEqual({ opensAtMs: 200, endsAtMs: 300 })
    expect(admissionWindow({ ...onSale, status: 'CLOSED' })).toEqual({ opensAtMs: 0, endsAtMs: 0 })
    expect(isOver({ ...onSale, status: 'CLOSED' }, 200)).toBe(false)
    expect(isOver({ ...onSale, status: 'CANCELLED' }, 200)).toBe(true)
    expect(isOver(onSale, 299)).toBe(false)
    expect(isOver(onSale, 300)).toBe(true)
  })
})

describe('a schedule of the catalog', () => {
  const schedule = {
    scheduleId: 7,
    concertId: 1,
    concertTitle: '',
    venueId: 1,
    venueName: '',
    performanceAtMs: 400,
    waitingRoomOpenAtMs: 100,
    bookingOpenAtMs: 200,
    bookingCloseAtMs: 300,
    status: 'ON_SALE',
    seatCount: 50,
    noOrphanSeats: false,
    timeZone: 'Asia/Seoul',
    refundableUntilMs: 0,
  }

  test('opens its room when it says, or with the sale', async () => {
    const asked: number[] = []
    const schedules = createSchedules(async (scheduleId) => {
      asked.push(scheduleId)
      return { ...schedule, waitingRoomOpenAtMs: scheduleId === 7 ? 100 : 0 }
    })
    expect(await schedules.get(7)).toEqual(onSale)
    expect(await schedules.get(8)).toEqual({ ...onSale, roomOpensAtMs: 200 })
    expect(await schedules.get(7)).toEqual(onSale)
    expect(asked).toEqual([7, 8])
  })

  test('that the catalog does not have is not there, whoever asks', async () => {
    const schedules = createSchedules(async () => {
      throw refuse('SCHEDULE_NOT_FOUND', 'no such schedule')
    })
    await expect(schedules.get(9)).rejects.toMatchObject({ code: 'SCHEDULE_NOT_FOUND' })
  })
})
