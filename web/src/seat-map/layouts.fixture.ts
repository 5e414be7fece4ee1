import fc from 'fast-check'
import type { LayoutSeat } from './plan-seats.ts'

/** Seats of sections given as name, grade, price, rows and seats a row, numbered as the API numbers them. */
export function layOut(
  sections: readonly (readonly [string, string, number, number, number])[],
): LayoutSeat[] {
  const seats: LayoutSeat[] = []
  for (const [section, grade, price, rows, seatsPerRow] of sections) {
    for (let row = 0; row < rows; row++) {
      for (let seatNumber = 1; seatNumber <= seatsPerRow; seatNumber++) {
        const name = String.fromCodePoint(65 + (row % 26)).repeat(Math.floor(row / 26) + 1)
        seats.push({ seatId: seats.length + 1, seatNumber, section, row: name, grade, price })
      }
    }
  }
  return seats
}

/** Small layouts of any shape. */
export const anyLayout = fc
  .uniqueArray(
    fc.record({
      name: fc.string({ minLength: 1, maxLength: 6 }),
      grade: fc.constantFrom('VIP', 'R', 'S'),
      rows: fc.integer({ min: 1, max: 9 }),
      seats: fc.integer({ min: 1, max: 14 }),
    }),
    { minLength: 1, maxLength: 6, selector: ({ name }) => name },
  )
  .map((sections) =>
    layOut(sections.map(({ name, grade, rows, seats }) => [name, grade, grade.length * 10_000, rows, seats])),
  )
