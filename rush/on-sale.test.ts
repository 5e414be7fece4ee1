import { describe, expect, test } from '@jest/globals'
import { planSections } from './on-sale.ts'

describe('planSections', () => {
  test.each([10, 11, 49, 50, 99, 500, 501, 1_234, 10_000])(
    '%d seats are just that many, in rows of at most 50',
    (seats) => {
      const sections = planSections(seats)
      expect(sections.reduce((sum, { rows, seatsPerRow }) => sum + rows * seatsPerRow, 0)).toBe(seats)
      expect(
        sections.every(({ rows, seatsPerRow }) => rows > 0 && seatsPerRow > 0 && seatsPerRow <= 50),
      ).toBe(true)
      expect(new Set(sections.map(({ section }) => section)).size).toBe(sections.length)
      expect(new Set(sections.map(({ grade }) => grade))).toEqual(new Set(['VIP', 'R', 'S']))
    },
  )

  test('the dear seats are few', () => {
    const [vip] = planSections(500)
    expect(vip).toEqual({ section: 'A', grade: 'VIP', price: 150_000, rows: 1, seatsPerRow: 50 })
  })
})
