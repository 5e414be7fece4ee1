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

test('instances that are asked at different times show the same seats, and what comes back from the same moment on', async () => {
  let nowMs = 1_800_000_000_100
  const held = new Set([1, 2])
  let reads = 0
  const newMaps = () =>
    new SeatMaps({
      readLayout: async () => rowsOf(1),
      listTaken: async () => {
        reads += 1
        return { heldSeatIds: [...held], soldSeatIds: [], blockedSeatIds: [] }
      },
      readSeatCount: async () => 10,
      refreshMs: 500,
      now: () => nowMs,
    })
  const [one, other] = [newMaps(), newMaps()]
  const freeAt = async (ms: number) => {
    nowMs = 1_800_000_000_000 + ms
    const maps = await Promise.all([one.current(1), other.current(1)])
    return maps.map((map) => map.availableCount)
  }
  await one.current(1)
  expect(await freeAt(300)).toEqual([8, 8])
  held.delete(1)
  expect(await freeAt(400)).toEqual([8, 8])
  held.delete(2)
  expect(await freeAt(524)).toEqual([8, 8])
  expect(reads).toBe(2)
  expect(await freeAt(525)).toEqual([10, 10])
  held.add(7)
  expect(await freeAt(1_024)).toEqual([10, 10])
  expect(await freeAt(1_900)).toEqual([9, 9])
  expect(reads).toBe(6)
})
