import { expect, test } from '@jest/globals'
import { UnsyncedPlaces } from './unsynced-places.ts'

test('a place is noted once and taken once', () => {
  const unsynced = new UnsyncedPlaces()
  unsynced.add({ scheduleId: 1, sequence: 5 })
  unsynced.add({ scheduleId: 1, sequence: 5 })
  unsynced.add({ scheduleId: 1, sequence: 6 })
  expect(unsynced.size).toBe(2)
  expect(unsynced.take(1)).toEqual([{ scheduleId: 1, sequence: 5 }])
  expect(unsynced.take(10)).toEqual([{ scheduleId: 1, sequence: 6 }])
  expect(unsynced.size).toBe(0)
})

test('past 20,000 places whole rooms are noted instead', () => {
  const unsynced = new UnsyncedPlaces()
  for (let sequence = 1; sequence <= 20_001; sequence += 1) {
    unsynced.add({ scheduleId: 1 + (sequence % 2), sequence })
  }
  expect(unsynced.size).toBe(2)
  expect(unsynced.take(10)).toEqual([])
  expect(unsynced.takeRooms().toSorted((a, b) => a - b)).toEqual([1, 2])
})

test('all places and rooms can be taken, and put back as they were', () => {
  const unsynced = new UnsyncedPlaces()
  unsynced.add({ scheduleId: 1, sequence: 5 })
  unsynced.addRoom(2)
  const all = unsynced.takeAll()
  expect(unsynced.size).toBe(0)
  for (const place of all) unsynced.add(place)
  expect(unsynced.takeRooms()).toEqual([2])
  expect(unsynced.takeAll()).toEqual([{ scheduleId: 1, sequence: 5 }])
})
