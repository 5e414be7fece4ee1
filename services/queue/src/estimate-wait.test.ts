import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { estimateWaitSeconds, pollAfterSeconds } from './estimate-wait.ts'

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
