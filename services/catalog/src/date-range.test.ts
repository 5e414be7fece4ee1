import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { dateOf, dateRange, monthAfter, timesOf } from './date-range.ts'

const now = new Date('2026-11-21T23:30:00Z')

describe('dateRange', () => {
  test('is from today to a month ahead where nothing is asked for', () => {
    expect(dateRange({}, now)).toEqual({ fromDate: '2026-11-21', toDate: '2026-12-21' })
  })

  test('is a month long from a first day that is asked for', () => {
    expect(dateRange({ fromDate: '2027-03-01' }, now).toDate).toBe('2027-04-01')
  })

  test('keeps what is asked for', () => {
    const wanted = { fromDate: '2026-01-01', toDate: '2026-01-02' }
    expect(dateRange(wanted, now)).toEqual(wanted)
  })
})

describe('monthAfter', () => {
  test.each([
    ['2026-01-31', '2026-02-28'],
    ['2028-01-31', '2028-02-29'],
    ['2026-12-31', '2027-01-31'],
    ['2026-10-31', '2026-11-30'],
  ])('of %s is %s', (date, expected) => expect(monthAfter(date)).toBe(expected))

  test('is always 28 to 31 days later', () => {
    const dates = fc.date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
    fc.assert(
      fc.property(dates.map(dateOf), (date) => {
        const days = (Date.parse(monthAfter(date)) - Date.parse(date)) / 86_400_000
        expect(days).toBeGreaterThanOrEqual(28)
        expect(days).toBeLessThanOrEqual(31)
      }),
    )
  })
})

test('the last day is included whole', () => {
  expect(timesOf({ fromDate: '2026-12-31', toDate: '2026-12-31' })).toEqual({
    from: new Date('2026-12-31T00:00:00Z'),
    until: new Date('2027-01-01T00:00:00Z'),
  })
})
