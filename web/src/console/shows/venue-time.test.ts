import { expect, test } from '@jest/globals'
import { momentAt, venueClock } from './venue-time.ts'

test('a time is that of the venue, on both sides of a change of its clocks', () => {
  expect(momentAt('2027-03-01T19:30', 'Asia/Seoul')).toEqual({ at: '2027-03-01T10:30:00.000Z' })
  expect(momentAt('2027-03-28T01:59', 'Europe/Berlin')).toEqual({ at: '2027-03-28T00:59:00.000Z' })
  expect(momentAt('2027-03-28T03:00', 'Europe/Berlin')).toEqual({ at: '2027-03-28T01:00:00.000Z' })
})

test('a time that never comes, comes twice or is none is told so', () => {
  expect(momentAt('2027-03-28T02:30', 'Europe/Berlin')).toEqual({ problem: 'skipped' })
  expect(momentAt('2027-10-31T02:30', 'Europe/Berlin')).toEqual({ problem: 'twice' })
  for (const text of ['', '2027-02-30T10:00', 'tomorrow']) {
    expect(momentAt(text, 'Asia/Seoul')).toEqual({ problem: 'none' })
  }
})

test('a moment is shown as the clocks of the venue show it, and read back as the same', () => {
  expect(venueClock('2027-07-01T17:05:59.000Z', 'America/New_York')).toBe('2027-07-01T13:05')
  expect(momentAt('2027-07-01T13:05', 'America/New_York')).toEqual({ at: '2027-07-01T17:05:00.000Z' })
})
