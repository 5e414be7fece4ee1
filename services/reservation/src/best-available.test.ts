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
    const free = new Set([3, 14, 15, 28])
    const taken = new Set(seats.map((seat) => seat.seatId).filter((seatId) => !free.has(seatId)))
    expect(numbers(pickBestAvailable(seats, taken, { quantity: 3 }, 1, chooseFirst))).toEqual([14, 15, 3])
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
