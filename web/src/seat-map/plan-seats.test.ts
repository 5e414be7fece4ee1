import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anyLayout, layOut } from './layouts.fixture.ts'
import { planSeats } from './plan-seats.ts'

test('every seat of a layout is on the plan once, in its order, and no two overlap', () => {
  fc.assert(
    fc.property(anyLayout, (layout) => {
      const { seats, width, height } = planSeats(layout)
      expect(seats.map(({ seatId }) => seatId)).toEqual(layout.map(({ seatId }) => seatId))
      expect(seats.map(({ index }) => index)).toEqual(layout.map((_seat, index) => index))
      const isOutside = seats.some(({ x, y }) => x < 0.5 || x > width - 0.5 || y < 0.5 || y > height - 0.5)
      expect(isOutside).toBe(false)
      const overlapping = seats.flatMap(({ x, y }, at) =>
        seats.slice(at + 1).filter((other) => Math.max(Math.abs(other.x - x), Math.abs(other.y - y)) < 0.999),
      )
      expect(overlapping).toEqual([])
    }),
  )
})

test('sections of one grade stand side by side, the next grade behind them', () => {
  const { sections, offers } = planSeats(
    layOut([
      ['Left', 'VIP', 165_000, 8, 12],
      ['Right', 'VIP', 165_000, 8, 12],
      ['Circle', 'R', 132_000, 6, 24],
    ]),
  )
  const [left, right, circle] = sections
  expect(left?.y).toBeCloseTo(right?.y ?? 0)
  expect(left?.x).toBeLessThan(right?.x ?? 0)
  expect(circle?.y).toBeGreaterThan((left?.y ?? 0) + 8)
  expect(offers).toEqual([
    { grade: 'VIP', price: 165_000 },
    { grade: 'R', price: 132_000 },
  ])
})

test('many sections become a plan of the shape of a screen, not a line', () => {
  const wide = layOut(Array.from({ length: 20 }, (_, at) => [`S${at}`, 'R', 90_000, 20, 25]))
  const tall = layOut(['A', 'B', 'C'].map((name, at) => [name, `G${at}`, 90_000 + at, 60, 20]))
  for (const layout of [wide, tall]) {
    const { width, height } = planSeats(layout)
    expect(width / height).toBeGreaterThan(0.7)
    expect(width / height).toBeLessThan(2)
  }
})

test('rows that were added later stand in their section, though their seats come last', () => {
  const layout = layOut([
    ['Floor', 'VIP', 165_000, 2, 3],
    ['Circle', 'R', 132_000, 2, 3],
  ])
  const added = [1, 2, 3].map((seatNumber) => ({
    seatId: 12 + seatNumber,
    seatNumber,
    section: 'Floor',
    row: 'C',
    grade: 'R',
    price: 132_000,
  }))
  const { seats, sections, rows } = planSeats([...layout, ...added])
  const inRowB = seats.find(({ section, row }) => section === 'Floor' && row === 'B')
  const inRowC = seats.find(({ row }) => row === 'C')
  expect(seats.map(({ index }) => index)).toEqual(seats.map((_seat, at) => at))
  expect(sections).toHaveLength(2)
  expect(inRowC).toMatchObject({ index: 12, x: inRowB?.x })
  expect(inRowC?.y).toBeCloseTo((inRowB?.y ?? 0) + 1)
  expect(rows.filter(({ text }) => text === 'C')).toHaveLength(2)
})

test('a schedule without seats is a plan without seats', () => {
  expect(planSeats([])).toMatchObject({ seats: [], offers: [], sections: [] })
})
