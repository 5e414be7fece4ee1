import { expect, test } from '@jest/globals'
import { nameSeats, pickableStates, rowsBySection, seatsInRange, takenSeatIds } from './seat-blocks.ts'
import { previewSeats } from './section-fields.ts'

const layout =
  previewSeats([
    { section: 'Floor', grade: 'VIP', price: 1, rows: 2, seatsPerRow: 3 },
    { section: 'Balcony', grade: 'R', price: 1, rows: 1, seatsPerRow: 2 },
  ]) ?? []

test('to block, free seats can be chosen; to free, those that are blocked, and never one that somebody has', () => {
  expect(pickableStates('ABHS', 'BLOCKED')).toBe('ABHS')
  expect(pickableStates('ABHS', 'AVAILABLE')).toBe('BAHS')
})

test('a range of a row takes what can be chosen of it, and nothing of other rows', () => {
  const range = { section: 'Floor', row: 'B', from: 1, to: 3 }
  expect(seatsInRange(layout, 'AAAAHAAA', range)).toEqual([4, 6])
  expect(seatsInRange(layout, 'AAAAAAAA', { ...range, row: 'C' })).toEqual([])
  expect([...(rowsBySection(layout).get('Floor') ?? [])]).toEqual([
    ['A', 3],
    ['B', 3],
  ])
})

test('a refusal names the seats as people do, and few of many', () => {
  expect(nameSeats(layout, takenSeatIds({ seatIds: [1, 8, 'x'] }))).toBe('Floor A-1, Balcony A-2')
  expect(nameSeats(layout, takenSeatIds(null))).toBe('')
  const many = previewSeats([{ section: 'F', grade: 'R', price: 1, rows: 1, seatsPerRow: 20 }]) ?? []
  expect(
    nameSeats(
      many,
      many.map(({ seatId }) => seatId),
    ),
  ).toMatch(/F A-12, …$/)
})
