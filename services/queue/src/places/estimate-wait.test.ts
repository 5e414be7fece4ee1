import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { compareEstimates, estimateWaitSeconds, pollAfterSeconds } from './estimate-wait.ts'

const room = {
  nowMs: 1_000_000,
  maxActive: 500,
  admitPerSecond: 100,
  paused: false,
  active: 500,
  admittedLastMinute: 600,
  oldestAdmissionMs: 940_000,
}
const times = { opensAtMs: 0, activeMs: 300_000 }

describe('the estimated wait', () => {
  test('follows the admission rate of the last minute', () => {
    expect(estimateWaitSeconds(100, room, times)).toBe(10)
  })

  test('follows the rate of the seconds in which a young room has let people in', () => {
    // 200 people in 4 s are 50 a second, though a minute has not passed.
    const young = { ...room, admittedLastMinute: 200, oldestAdmissionMs: room.nowMs - 4_000 }
    expect(estimateWaitSeconds(100, young, times)).toBe(2)
    // What came in within the last second counts as a whole second's work.
    expect(estimateWaitSeconds(100, { ...young, oldestAdmissionMs: room.nowMs - 1 }, times)).toBe(1)
    expect(
      estimateWaitSeconds(100, { ...young, admittedLastMinute: 20, oldestAdmissionMs: room.nowMs }, times),
    ).toBe(5)
    // No rate is believed above what the room lets in.
    expect(estimateWaitSeconds(500, { ...young, admittedLastMinute: 9_000 }, times)).toBe(5)
  })

  test('is, for those past the free places, the time to fill these and then the rate', () => {
    const half = { ...room, active: 200 }
    expect(estimateWaitSeconds(300, half, times)).toBe(3)
    expect(estimateWaitSeconds(310, half, times)).toBe(4)
    expect(estimateWaitSeconds(400, half, times)).toBe(13)
  })

  test('is short while free places are being filled', () => {
    expect(estimateWaitSeconds(300, { ...room, active: 0 }, times)).toBe(3)
  })

  test('falls back to the turnover of the room where nobody was admitted', () => {
    const idle = { ...room, admittedLastMinute: 0, oldestAdmissionMs: 0 }
    expect(estimateWaitSeconds(10, idle, times)).toBe(6)
  })

  test('starts at the opening', () => {
    expect(estimateWaitSeconds(1, room, { ...times, opensAtMs: room.nowMs + 60_000 })).toBe(61)
  })

  test('counts those who have to go first where the limit was lowered', () => {
    const over = { ...room, maxActive: 3, active: 40, admittedLastMinute: 0 }
    // 37 above the limit, then 5: at the turnover of 3 places in 300 s.
    expect(estimateWaitSeconds(5, over, times)).toBe(4_200)
  })

  test('is at least a minute while the room is paused', () => {
    expect(estimateWaitSeconds(1, { ...room, active: 0, paused: true }, times)).toBe(61)
    expect(estimateWaitSeconds(6, { ...room, maxActive: null, paused: true }, times)).toBe(60)
  })

  test('is nothing where the waiting room is off', () => {
    expect(estimateWaitSeconds(1_000, { ...room, maxActive: null }, times)).toBe(0)
  })

  test('is a finite number that never shrinks with the distance', () => {
    const rooms = fc.record({
      nowMs: fc.constant(1_000_000),
      maxActive: fc.integer({ min: 1, max: 1_000_000 }),
      admitPerSecond: fc.integer({ min: 1, max: 10_000 }),
      paused: fc.boolean(),
      active: fc.nat(2_000_000),
      admittedLastMinute: fc.nat(600_000),
      oldestAdmissionMs: fc.nat(1_000_000),
    })
    fc.assert(
      fc.property(rooms, fc.integer({ min: 1, max: 1e7 }), fc.nat(1_000), (some, position, further) => {
        const near = estimateWaitSeconds(position, some, times)
        const far = estimateWaitSeconds(position + further, some, times)
        expect(Number.isSafeInteger(near)).toBe(true)
        expect(far).toBeGreaterThanOrEqual(near)
      }),
    )
  })
})

describe('what people were told, compared with how long they waited', () => {
  const told = (...pairs: readonly (readonly [number, number])[]) =>
    compareEstimates(pairs.map(([predictedSeconds, actualSeconds]) => ({ predictedSeconds, actualSeconds })))

  test('nobody let in yet tells nothing', () => {
    expect(told()).toEqual({
      samples: 0,
      medianPredictedSeconds: null,
      medianActualSeconds: null,
      closeShare: null,
    })
  })

  test('shows the middle of both, in whatever order people came', () => {
    expect(told([100, 9], [5, 30], [30, 200])).toMatchObject({
      samples: 3,
      medianPredictedSeconds: 30,
      medianActualSeconds: 30,
    })
    expect(told([2, 4])).toMatchObject({ medianPredictedSeconds: 2, medianActualSeconds: 4 })
    expect(told([1, 1], [2, 2], [10, 10], [20, 20])).toMatchObject({ medianPredictedSeconds: 10 })
  })

  test('counts who waited within a quarter of it, or within 5 s, more or less', () => {
    for (const [predicted, actual, share] of [
      [100, 125, 1],
      [100, 75, 1],
      [100, 126, 0],
      [100, 74, 0],
      [1, 6, 1],
      [6, 1, 1],
      [1, 7, 0],
    ] as const) {
      expect([predicted, actual, told([predicted, actual]).closeShare]).toEqual([predicted, actual, share])
    }
    expect(told([100, 100], [100, 300], [100, 300]).closeShare).toBe(0.33)
  })
})

describe('the time of the next poll', () => {
  test('is 1 to 30 seconds, whatever the wait', () => {
    fc.assert(
      fc.property(fc.nat(1e9), fc.double({ min: 0, max: 1, noNaN: true }), (wait, random) => {
        const seconds = pollAfterSeconds(wait, random)
        expect(seconds).toBeGreaterThanOrEqual(1)
        expect(seconds).toBeLessThanOrEqual(30)
      }),
    )
  })

  test('grows with the wait and is spread by a fifth to both sides', () => {
    expect(pollAfterSeconds(100, 0)).toBe(8)
    expect(pollAfterSeconds(100, 1)).toBe(12)
    expect(pollAfterSeconds(200, 0.5)).toBe(20)
  })
})
