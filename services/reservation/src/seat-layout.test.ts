import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { SeatLayout } from './seat-layout.ts'

const layout = new SeatLayout([
  { firstSeatId: 1, firstSeatNumber: 1, seatCount: 3, section: 'Floor', row: 'A', grade: 'VIP', price: 150 },
  { firstSeatId: 4, firstSeatNumber: 1, seatCount: 2, section: 'Floor', row: 'B', grade: 'R', price: 90 },
  // Ids with a gap before them, and a row whose first numbers are missing.
  { firstSeatId: 10, firstSeatNumber: 5, seatCount: 1, section: 'Balcony', row: 'A', grade: 'R', price: 80 },
])

describe('a layout', () => {
  test('knows each seat by its id, with the section, row, grade and price of its own', () => {
    expect([1, 3, 4, 5, 10].map((seatId) => layout.seat(seatId))).toEqual([
      { seatId: 1, seatNumber: 1, section: 'Floor', row: 'A', grade: 'VIP', price: 150 },
      { seatId: 3, seatNumber: 3, section: 'Floor', row: 'A', grade: 'VIP', price: 150 },
      { seatId: 4, seatNumber: 1, section: 'Floor', row: 'B', grade: 'R', price: 90 },
      { seatId: 5, seatNumber: 2, section: 'Floor', row: 'B', grade: 'R', price: 90 },
      { seatId: 10, seatNumber: 5, section: 'Balcony', row: 'A', grade: 'R', price: 80 },
    ])
  })

  test('knows no seat before its first, after its last or in a gap', () => {
    for (const seatId of [-1, 0, 6, 9, 11, Number.MAX_SAFE_INTEGER]) {
      expect(layout.seat(seatId)).toBeUndefined()
    }
    expect(new SeatLayout([]).seat(1)).toBeUndefined()
  })

  test('knows what its grades and sections cost, and which of them go together', () => {
    const kinds = [
      {},
      { grade: 'VIP' },
      { grade: 'S' },
      { section: 'Balcony' },
      { section: 'Loge' },
      { grade: 'R', section: 'Floor' },
      { grade: 'VIP', section: 'Balcony' },
      { price: 1 },
    ]
    expect(kinds.map((kind) => layout.pricesOf(kind))).toEqual([
      [80, 90, 150],
      [150],
      [],
      [80],
      [],
      [90],
      [],
      [],
    ])
  })

  test('tells how many runs its seats are', () => {
    expect(layout.runCount).toBe(3)
  })
})

test('whatever runs go in, the same seats come out by their ids, and no others', () => {
  const name = fc.string({ minLength: 1, maxLength: 3 })
  const run = fc.record({
    gap: fc.integer({ min: 0, max: 3 }),
    firstSeatNumber: fc.integer({ min: 1, max: 1_000 }),
    seatCount: fc.integer({ min: 1, max: 9 }),
    section: name,
    row: name,
    grade: name,
    price: fc.integer({ min: 1, max: 1_000_000_000 }),
  })
  fc.assert(
    fc.property(fc.array(run, { maxLength: 30 }), (parts) => {
      let lastSeatId = 0
      const seats = []
      const runs = []
      for (const { gap, ...part } of parts) {
        const { firstSeatNumber, seatCount, ...where } = part
        const firstSeatId = lastSeatId + gap + 1
        runs.push({ firstSeatId, ...part })
        for (let index = 0; index < seatCount; index += 1) {
          seats.push({ seatId: firstSeatId + index, seatNumber: firstSeatNumber + index, ...where })
        }
        lastSeatId = firstSeatId + seatCount - 1
      }
      const tried = new SeatLayout(runs)
      const byId = new Map(seats.map((seat) => [seat.seatId, seat]))
      for (let seatId = 0; seatId <= lastSeatId + 1; seatId += 1) {
        expect(tried.seat(seatId)).toEqual(byId.get(seatId))
      }
    }),
  )
})
