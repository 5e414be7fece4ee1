import { describe, expect, test } from '@jest/globals'
import { chooseSeats, availabilityOf, toSeatMap } from './choose-seats.ts'
import type { MapSeat } from './choose-seats.ts'
import { createRandom } from './random.ts'

const seat = (seatId: number, status: MapSeat['status'] = 'AVAILABLE', price = 1_000): MapSeat => ({
  seatId,
  price,
  status,
})
const hundred = toSeatMap(Array.from({ length: 100 }, (_, index) => seat(index + 1)))

describe('toSeatMap', () => {
  test('puts the dear seats first, then the front', () => {
    const map = toSeatMap([
      seat(1),
      seat(2, 'HOLD'),
      seat(3, 'SOLD_OUT'),
      seat(5, 'AVAILABLE', 9_000),
      seat(4),
    ])
    expect(map.available.map((one) => one.seatId)).toEqual([5, 1, 4])
    expect(map).toMatchObject({ held: 1, sold: 1 })
  })

  test('puts seats of one price in the order of their ids, however they are listed', () => {
    const listed = [3, 10, 1, 2].map((seatId) => seat(seatId))
    expect(toSeatMap(listed).available.map((one) => one.seatId)).toEqual([1, 2, 3, 10])
  })

  test('tells sold out from held', () => {
    expect(availabilityOf(toSeatMap([seat(1, 'SOLD_OUT'), seat(2, 'HOLD')]))).toBe('held')
    expect(availabilityOf(toSeatMap([seat(1, 'SOLD_OUT')]))).toBe('sold-out')
    expect(availabilityOf(hundred)).toBe('seats')
  })
})

describe('chooseSeats', () => {
  test('takes neighbours, and never more than were asked for', () => {
    const random = createRandom(1, 0)
    for (let round = 0; round < 200; round += 1) {
      const ids = chooseSeats(hundred, 3, random).map((one) => one.seatId)
      const [first = 0] = ids
      expect(ids).toEqual([first, first + 1, first + 2])
    }
  })

  test('most fans want the front', () => {
    const random = createRandom(2, 0)
    const starts = Array.from({ length: 2_000 }, () => chooseSeats(hundred, 1, random)[0]?.seatId ?? 0)
    const front = starts.filter((seatId) => seatId <= 10).length / starts.length
    expect(front).toBeGreaterThan(0.4)
    expect(Math.max(...starts)).toBeGreaterThan(90)
  })

  test('passes over what was refused', () => {
    const known = new Set(Array.from({ length: 99 }, (_, index) => index + 1))
    expect(chooseSeats(hundred, 2, createRandom(3, 0), known).map((one) => one.seatId)).toEqual([100])
  })

  test('takes what is left, also nothing', () => {
    expect(chooseSeats(toSeatMap([seat(7)]), 4, createRandom(4, 0))).toEqual([seat(7)])
    expect(chooseSeats(toSeatMap([]), 4, createRandom(4, 0))).toEqual([])
  })
})
