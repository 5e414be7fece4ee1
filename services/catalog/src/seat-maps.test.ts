import { expect, test } from '@jest/globals'
import { SeatMap } from './seat-map.ts'
import { SeatMaps } from './seat-maps.ts'

const rowsOf = (rows: number) =>
  Array.from({ length: rows * 10 }, (_, index) => ({
    seatId: index + 1,
    seatNumber: (index % 10) + 1,
    section: 'Floor',
    row: String(Math.floor(index / 10)),
    grade: 'R',
    price: 1_000,
  }))

test('a layout is found by its version, be it older than the one that is remembered or newer, and read again only for a newer one', async () => {
  let rows = 2
  let reads = 0
  const maps = new SeatMaps({
    readLayout: async () => {
      reads += 1
      return rowsOf(rows)
    },
    listTaken: async () => ({ heldSeatIds: [], soldSeatIds: [], blockedSeatIds: [] }),
    readSeatCount: async () => rows * 10,
    refreshMs: 500,
  })
  const tagOf = async (version: string) => (await maps.layoutOf(1, version))?.tag
  const [older, newer] = [new SeatMap(rowsOf(2)), new SeatMap(rowsOf(3))]
  expect(await tagOf(older.layoutVersion)).toBe(older.layout().tag)
  expect(await tagOf(newer.layoutVersion)).toBeUndefined()
  rows = 3
  expect(await tagOf(newer.layoutVersion)).toBe(newer.layout().tag)
  expect(await tagOf(older.layoutVersion)).toBe(older.layout().tag)
  expect(await tagOf('unknown')).toBeUndefined()
  expect(reads).toBe(2)
})
