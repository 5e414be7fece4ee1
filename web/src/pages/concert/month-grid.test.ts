import { expect, test } from '@jest/globals'
import { firstWeekdayOf, lastDayOf, monthAfter, monthGrid, todayIn } from './month-grid.ts'

test('a month is laid out in weeks, each day once and under its own weekday', () => {
  for (const month of ['2026-02', '2026-11', '2026-12', '2028-02', '2027-08']) {
    for (const firstWeekday of [1, 6, 7]) {
      const weeks = monthGrid(month, firstWeekday)
      expect(weeks.every((week) => week.length === 7)).toBe(true)
      const days = weeks.flat().filter((day) => day !== undefined)
      expect(days).toEqual(days.toSorted())
      expect(days.at(0)).toBe(`${month}-01`)
      expect(days.at(-1)).toBe(lastDayOf(month))
      expect(new Set(days).size).toBe(Number(lastDayOf(month).slice(8)))
      for (const week of weeks) {
        for (const [column, day] of week.entries()) {
          if (day === undefined) continue
          expect([day, (new Date(`${day}T00:00:00Z`).getUTCDay() + 7 - (firstWeekday % 7)) % 7]).toEqual([
            day,
            column,
          ])
        }
        expect(week.some((day) => day !== undefined)).toBe(true)
      }
    }
  }
})

test('months go on over the end of a year, and February knows leap years', () => {
  expect(monthAfter('2026-12', 1)).toBe('2027-01')
  expect(monthAfter('2027-01', -1)).toBe('2026-12')
  expect([lastDayOf('2027-02'), lastDayOf('2028-02'), lastDayOf('2026-12')]).toEqual([
    '2027-02-28',
    '2028-02-29',
    '2026-12-31',
  ])
})

test('today is that of the venue', () => {
  const at = Date.parse('2026-11-26T20:00:00Z')
  expect(todayIn('Asia/Seoul', at)).toBe('2026-11-27')
  expect(todayIn('America/New_York', at)).toBe('2026-11-26')
})

test('a week begins with a day of it', () => {
  for (const language of ['en', 'ko', 'en-GB', 'ar']) {
    expect([1, 2, 3, 4, 5, 6, 7]).toContain(firstWeekdayOf(language))
  }
})
