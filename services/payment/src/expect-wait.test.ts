import { describe, expect, test } from '@jest/globals'
import { expectWait } from './expect-wait.ts'
import type { IntakeFacts } from './expect-wait.ts'

/** A system that settles 100 payments a second and has three seconds of them before it. */
const overloaded: IntakeFacts = { unsettled: 300, oldestMs: 1_500, stepsPerSecond: 200, medianMs: 1_500 }
const LIMIT_MS = 2_000

describe('payments that come faster than they are taken', () => {
  test('wait as long as those before them take', () => {
    expect(expectWait(overloaded, LIMIT_MS)).toBe(3_000)
  })

  test('wait less as soon as fewer are before them, however slow those were', () => {
    expect(expectWait({ ...overloaded, unsettled: 100, medianMs: 9_000 }, LIMIT_MS)).toBe(1_000)
  })

  test('are known by waits of a quarter of the limit', () => {
    expect(expectWait({ ...overloaded, oldestMs: 500, medianMs: 500 }, LIMIT_MS)).toBe(3_000)
    expect(expectWait({ ...overloaded, oldestMs: 499 }, LIMIT_MS)).toBe(0)
    expect(expectWait({ ...overloaded, medianMs: 499 }, LIMIT_MS)).toBe(0)
  })
})

describe('no overload is', () => {
  test.each<[string, Partial<IntakeFacts>]>([
    ['an outage, in which no step ends', { stepsPerSecond: 0, medianMs: 0 }],
    ['an outage that just began', { stepsPerSecond: 4 }],
    ['a saga that is stuck while others are quick', { oldestMs: 60_000, medianMs: 40 }],
    ['a crowd at once that is worked off quickly', { unsettled: 5_000, oldestMs: 300, medianMs: 300 }],
    ['what others have left over from an outage', { unsettled: 2, oldestMs: 20, medianMs: 90_000 }],
    ['an empty service', { unsettled: 0, oldestMs: 0 }],
  ])('%s', (_what, change) => {
    expect(expectWait({ ...overloaded, ...change }, LIMIT_MS)).toBe(0)
  })
})
