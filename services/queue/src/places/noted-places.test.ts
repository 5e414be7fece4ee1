import { expect, test } from '@jest/globals'
import type { NotedPlace } from './note-place.ts'
import { NotedPlaces } from './noted-places.ts'

const token = (name: string): Buffer => Buffer.from(name)

function place(sequence: number): NotedPlace {
  return {
    sequence,
    userId: `user-${sequence}`,
    tokenHash: token(`token-${sequence}`),
    status: 'WAITING',
    admittedAtMs: null,
    activeUntilMs: null,
    showUpByMs: null,
    seenAtMs: 0,
  }
}

test('a place is found by its number, its user and its token', () => {
  const places = new NotedPlaces([place(1), place(2), place(3)])
  expect(places.get(2)).toEqual(place(2))
  expect(places.find({ kind: 'USED', sequence: 2 })).toEqual(place(2))
  expect(places.find({ kind: 'LEFT', tokenHash: token('token-3') })).toEqual(place(3))
  expect(places.find({ kind: 'REISSUED', userId: 'user-1', tokenHash: token('new') })).toEqual(place(1))
  expect(places.find({ kind: 'USED', sequence: 4 })).toBeUndefined()
  expect(places.find({ kind: 'LEFT', tokenHash: token('token-4') })).toBeUndefined()
  expect(places.find({ kind: 'REISSUED', userId: 'user-4', tokenHash: token('new') })).toBeUndefined()
})

test('a place whose token was replaced is found by the new one only', () => {
  const places = new NotedPlaces([place(1), place(2)])
  const reissued = { ...place(1), tokenHash: token('new') }
  places.put(reissued)
  expect(places.get(1)).toBe(reissued)
  expect(places.find({ kind: 'LEFT', tokenHash: token('new') })).toBe(reissued)
  expect(places.find({ kind: 'LEFT', tokenHash: token('token-1') })).toBeUndefined()
  expect(places.find({ kind: 'REISSUED', userId: 'user-1', tokenHash: token('newer') })).toBe(reissued)
})
