import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { msToNextMoment } from './showing-moments.ts'

const time = fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 })
const period = fc.integer({ min: 50, max: 500 })

test('whoever waits from different times on within a period waits for the same moment, and never longer than a period', () => {
  fc.assert(
    fc.property(time, period, fc.nat(499), (nowMs, everyMs, lateMs) => {
      const waitMs = msToNextMoment(everyMs, nowMs)
      expect(waitMs).toBeGreaterThan(0)
      expect(waitMs).toBeLessThanOrEqual(everyMs)
      const laterMs = nowMs + (lateMs % waitMs)
      expect(laterMs + msToNextMoment(everyMs, laterMs)).toBe(nowMs + waitMs)
    }),
  )
})

test('each whole second has a moment soon after it, where a second is a number of periods', () => {
  fc.assert(
    fc.property(time, fc.constantFrom(50, 100, 125, 200, 250, 500), (nowMs, everyMs) => {
      const second = nowMs - (nowMs % 1_000)
      expect(second + msToNextMoment(everyMs, second)).toBe(second + 25)
    }),
  )
})
