import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { pickBestAvailable } from './best-available.ts'
import type { Seat } from './reservation.ts'

const seats: Seat[] = Array.from({ length: 40 }, (_, index) => ({
  seatId: index + 1,
  seatNumber: index + 1,
  section: 'A',
  row: String(Math.floor(index / 10) + 1),
  grade: index < 20 ? 'VIP' : 'R',
  price: 100,
}))
const chooseFirst = (): number => 0
const takenBut = (free: readonly number[]): Set<number> =>
  new Set(seats.map((seat) => seat.seatId).filter((seatId) => !free.includes(seatId)))
const numbers = (picked: readonly Seat[] | undefined): number[] | undefined =>
  picked?.map((seat) => seat.seatNumber)

describe('pickBestAvailable', () => {
  test('takes the first seats that lie side by side in one row', () => {
    expect(numbers(pickBestAvailable(seats, new Set(), { quantity: 3 }, 1, chooseFirst))).toEqual([1, 2, 3])
    expect(numbers(pickBestAvailable(seats, new Set([2, 5, 6]), { quantity: 3 }, 1, chooseFirst))).toEqual([
      7, 8, 9,
    ])
    // 9, 10 and 11 have neighbouring numbers, but the row ends at 10.
    const taken = new Set([1, 2, 3, 4, 5, 6, 7, 8])
    expect(numbers(pickBestAvailable(seats, taken, { quantity: 3 }, 1, chooseFirst))).toEqual([11, 12, 13])
  })

  test('takes seats of the wanted grade only', () => {
    expect(numbers(pickBestAvailable(seats, new Set(), { quantity: 2, grade: 'R' }, 1, chooseFirst))).toEqual(
      [21, 22],
    )
    expect(pickBestAvailable(seats, new Set(), { quantity: 1, grade: 'S' }, 1, chooseFirst)).toBeUndefined()
  })

  test('splits a party into as few groups as possible where no row has room', () => {
    const taken = takenBut([3, 14, 15, 28])
    expect(numbers(pickBestAvailable(seats, taken, { quantity: 3 }, 1, chooseFirst))).toEqual([14, 15, 3])
  })

  test('takes a group that fits exactly before a larger one behind it', () => {
    const taken = takenBut([2, 3, 11, 12, 13])
    expect(numbers(pickBestAvailable(seats, taken, { quantity: 2 }, 1, chooseFirst))).toEqual([2, 3])
    expect(numbers(pickBestAvailable(seats, new Set([1]), { quantity: 10 }, 1, chooseFirst))?.[0]).toBe(11)
  })

  test('seats of two sections do not lie side by side, though row and number say so', () => {
    const sections = seats.slice(0, 4).map((seat) => ({ ...seat, section: seat.seatId < 2 ? 'A' : 'B' }))
    expect(numbers(pickBestAvailable(sections, new Set(), { quantity: 2 }, 1, chooseFirst))).toEqual([2, 3])
    const rows = seats.slice(0, 4).map((seat) => ({ ...seat, row: seat.seatId < 2 ? '1' : '2' }))
    expect(numbers(pickBestAvailable(rows, new Set(), { quantity: 2 }, 1, chooseFirst))).toEqual([2, 3])
  })

  test('takes the last seats of the house, wherever they are', () => {
    expect(
      numbers(pickBestAvailable(seats, takenBut([3, 14, 28]), { quantity: 3 }, 64, chooseFirst)),
    ).toEqual([3, 14, 28])
  })

  test('those who ask at once choose among as many groups as are wanted, and no more than there are', () => {
    const chosen = (taken: ReadonlySet<number>, alternatives: number) => {
      let counted = 0
      const last = (count: number): number => (counted = count) - 1
      return [numbers(pickBestAvailable(seats, taken, { quantity: 3 }, alternatives, last)), counted]
    }
    expect(chosen(new Set(), 4)).toEqual([[11, 12, 13], 4])
    expect(chosen(new Set(), 64)).toEqual([[37, 38, 39], 12])
    // Of four seats that lie apart there are two ways to take three in order.
    expect(chosen(takenBut([3, 14, 25, 36]), 64)).toEqual([[14, 25, 36], 2])
    expect(chosen(takenBut([3, 14, 25, 36]), 1)).toEqual([[3, 14, 25], 1])
  })

  test('whatever is taken, it picks as many free seats of the grade as wanted, or none when there are fewer', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 40 })),
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom(undefined, 'VIP', 'R'),
        fc.integer({ min: 1, max: 64 }),
        fc.nat(),
        (takenIds, quantity, grade, alternatives, random) => {
          const taken = new Set(takenIds)
          const choose = (count: number): number => random % count
          const picked = pickBestAvailable(seats, taken, { quantity, grade }, alternatives, choose)
          const free = seats.filter(
            (seat) => !taken.has(seat.seatId) && (grade === undefined || seat.grade === grade),
          )
          if (free.length < quantity) return picked === undefined
          const ids = new Set(picked?.map((seat) => seat.seatId))
          return ids.size === quantity && [...ids].every((id) => free.some((seat) => seat.seatId === id))
        },
      ),
    )
  })
})
