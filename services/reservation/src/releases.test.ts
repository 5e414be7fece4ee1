import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { allowanceAfter } from './releases.ts'
import type { Release } from './releases.ts'

const anyReleases = fc.array(
  fc.record({ seats: fc.integer({ min: 1, max: 18 }), minute: fc.integer({ min: 0, max: 60 }) }),
  { maxLength: 12 },
)
const toReleases = (rows: readonly { seats: number; minute: number }[]): Release[] =>
  rows.map(({ seats, minute }) => ({ seats, countsUntil: new Date(minute * 60_000) }))

/** Seats of those that count at a time. */
function countedAt(releases: readonly Release[], at: Date): number {
  return releases.reduce((sum, { seats, countsUntil }) => (countsUntil > at ? sum + seats : sum), 0)
}

test('who has given nothing back has all of the allowance', () => {
  expect(allowanceAfter([], 18)).toEqual({ releasesLeft: 18, holdAgainAt: null })
})

test('the seat before the last may still be followed by a hold, the last may not', () => {
  const countsUntil = new Date(1_000)
  expect(allowanceAfter([{ seats: 17, countsUntil }], 18)).toEqual({ releasesLeft: 1, holdAgainAt: null })
  expect(allowanceAfter([{ seats: 18, countsUntil }], 18)).toEqual({
    releasesLeft: 0,
    holdAgainAt: countsUntil,
  })
})

test('holds are possible again exactly when those that still count are below the limit, in whatever order they are listed', () => {
  fc.assert(
    fc.property(anyReleases, fc.integer({ min: 1, max: 40 }), (rows, limit) => {
      const releases = toReleases(rows)
      const counted = countedAt(releases, new Date(-1))
      const { releasesLeft, holdAgainAt } = allowanceAfter(releases, limit)
      expect(releasesLeft).toBe(Math.max(0, limit - counted))
      expect(holdAgainAt === null).toBe(counted < limit)
      if (holdAgainAt !== null) {
        expect(countedAt(releases, holdAgainAt)).toBeLessThan(limit)
        expect(countedAt(releases, new Date(holdAgainAt.getTime() - 1))).toBeGreaterThanOrEqual(limit)
      }
      expect(allowanceAfter(releases.toReversed(), limit)).toEqual({ releasesLeft, holdAgainAt })
    }),
  )
})

test('giving back more never leaves more, and never lets anybody hold earlier', () => {
  fc.assert(
    fc.property(anyReleases, anyReleases, fc.integer({ min: 1, max: 40 }), (rows, more, limit) => {
      const before = allowanceAfter(toReleases(rows), limit)
      const after = allowanceAfter(toReleases([...rows, ...more]), limit)
      expect(after.releasesLeft).toBeLessThanOrEqual(before.releasesLeft)
      expect(after.holdAgainAt?.getTime() ?? -1).toBeGreaterThanOrEqual(before.holdAgainAt?.getTime() ?? -1)
    }),
  )
})
