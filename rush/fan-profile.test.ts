import { describe, expect, test } from '@jest/globals'
import { drawProfile } from './fan-profile.ts'
import type { Shares } from './arguments.ts'
import { createRandom } from './random.ts'

const nobody: Shares = {
  broke: 0,
  card: 0,
  declined: 0,
  walkAway: 0,
  cancel: 0,
  repeat: 0,
  leave: 0,
  bestAvailable: 0,
  watch: 0,
  bots: 0,
  flaky: 0,
}
const crowd = (shares: Shares) =>
  Array.from({ length: 4_000 }, (_, fan) => drawProfile(createRandom(9, fan), shares))

describe('drawProfile', () => {
  test('shares of nothing make fans who just buy', () => {
    for (const profile of crowd(nobody)) {
      expect(profile).toMatchObject({
        payBy: 'BALANCE',
        isBroke: false,
        afterHolding: 'pay',
        cancelsAfterPaying: false,
        repeats: 'never',
        pollsBeforeLeaving: undefined,
      })
      expect(profile.seatsWanted).toBeGreaterThanOrEqual(1)
      expect(profile.seatsWanted).toBeLessThanOrEqual(4)
    }
  })

  test('a share of the crowd is about that large', () => {
    const broke = crowd({ ...nobody, broke: 0.25 }).filter((profile) => profile.isBroke).length
    expect(broke / 4_000).toBeGreaterThan(0.22)
    expect(broke / 4_000).toBeLessThan(0.28)
  })

  test('people come alone, mostly in pairs, in threes and fours', () => {
    const seats = crowd(nobody).map((profile) => profile.seatsWanted)
    const shareOf = (wanted: number) => seats.filter((one) => one === wanted).length / seats.length
    // Four standard deviations at most of 4,000 draws; the seed is fixed, so it passes always or never.
    for (const [wanted, share] of [
      [1, 0.2],
      [2, 0.5],
      [3, 0.15],
      [4, 0.15],
    ] as const) {
      expect([wanted, Math.abs(shareOf(wanted) - share) < 0.03]).toEqual([wanted, true])
    }
  })

  test('changing one share leaves the rest of every fan as it was', () => {
    const before = crowd(nobody)
    const after = crowd({ ...nobody, card: 1 })
    expect(after.map((profile) => profile.seatsWanted)).toEqual(before.map((profile) => profile.seatsWanted))
  })

  test('the broke and those with cards fill no wallet beforehand', () => {
    const all = crowd({ ...nobody, broke: 0.5, card: 0.5 }).filter((profile) => profile.chargesEarly)
    expect(all.length).toBeGreaterThan(0)
    expect(all.every((profile) => !profile.isBroke && profile.payBy === 'BALANCE')).toBe(true)
  })
})
