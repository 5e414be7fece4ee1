import { describe, expect, test } from '@jest/globals'
import { PaymentIntake } from './payment-intake.ts'

const LIMIT_MS = 2_000

interface Load {
  /** Payments that come and that can be settled a second, from `fromMs` on. */
  fromMs: number
  offered: number
  capacity: number
}

/** Plays a service that settles payments in their order, in steps of 10 ms, and tells how each was answered. */
function play(loads: readonly Load[], untilMs: number) {
  let nowMs = 0
  const intake = new PaymentIntake(LIMIT_MS, () => nowMs)
  const line: { sinceMs: number; leave: () => void }[] = []
  const settled: { atMs: number; tookMs: number }[] = []
  const refused: { atMs: number; retryAfterSeconds: number | undefined }[] = []
  let due = 0
  let free = 0
  for (; nowMs < untilMs; nowMs += 10) {
    const load = loads.findLast(({ fromMs }) => fromMs <= nowMs) ?? { offered: 0, capacity: 0 }
    for (due += load.offered / 100; due >= 1; due -= 1) {
      const refusal = intake.refusal()
      if (refusal === null) line.push({ sinceMs: nowMs, leave: intake.enter() })
      else refused.push({ atMs: nowMs, retryAfterSeconds: refusal.retryAfterSeconds })
    }
    for (free = Math.min(free + load.capacity / 100, 10); free >= 1; free -= 1) {
      const next = line.shift()
      if (next === undefined) continue
      const tookMs = nowMs - next.sinceMs + 40
      next.leave()
      intake.stepEnded(tookMs / 2)
      intake.stepEnded(tookMs)
      settled.push({ atMs: nowMs, tookMs })
    }
  }
  return { settled, refused }
}

const during = <T extends { atMs: number }>(list: readonly T[], fromMs: number, toMs: number): T[] =>
  list.filter(({ atMs }) => atMs >= fromMs && atMs < toMs)

describe('three times more payments than the system takes, for half a minute', () => {
  const overload = { fromMs: 5_000, offered: 300, capacity: 100 }
  const normal = { offered: 60, capacity: 100 }
  const { settled, refused } = play(
    [{ fromMs: 0, ...normal }, overload, { fromMs: 35_000, ...normal }],
    50_000,
  )

  test('each that is let in is settled within the wait', () => {
    expect(Math.max(...settled.map(({ tookMs }) => tookMs))).toBeLessThan(4_000)
  })

  test('the system goes on working as fast as it can', () => {
    expect(during(settled, 6_000, 35_000).length / 29).toBeGreaterThan(95)
  })

  test('the others are refused with a time to come again', () => {
    expect(refused.length).toBeGreaterThan(5_000)
    for (const { retryAfterSeconds } of refused) expect([3, 4, 5]).toContain(retryAfterSeconds)
  })

  test('nobody is refused before, or 5 s after, and all is quick again', () => {
    expect(during(refused, 0, 5_000)).toEqual([])
    expect(during(refused, 40_000, 50_000)).toEqual([])
    expect(Math.max(...during(settled, 40_000, 50_000).map(({ tookMs }) => tookMs))).toBeLessThan(100)
  })
})

describe('nobody is refused', () => {
  test('while no step ends at all', () => {
    const away = { fromMs: 5_000, offered: 60, capacity: 0 }
    expect(play([{ fromMs: 0, offered: 60, capacity: 100 }, away], 60_000).refused).toEqual([])
  })

  test('by payments that never ended, once they are given up', () => {
    let nowMs = 0
    const intake = new PaymentIntake(LIMIT_MS, () => nowMs)
    for (let index = 0; index < 100; index += 1) intake.enter()(`p-${index}`)
    const isRefused = (): boolean => {
      for (let step = 0; step < 10; step += 1) intake.stepEnded(3_000)
      return intake.refusal() !== null
    }
    nowMs = 20_000
    expect(isRefused()).toBe(true)
    nowMs = 31_000
    expect(isRefused()).toBe(false)
  })

  test('by payments that have settled after their 202', () => {
    let nowMs = 0
    const intake = new PaymentIntake(LIMIT_MS, () => nowMs)
    for (let index = 0; index < 100; index += 1) intake.enter()(`p-${index}`)
    nowMs = 6_000
    for (let step = 0; step < 10; step += 1) intake.stepEnded(6_000)
    expect(intake.refusal()).not.toBeNull()
    for (let index = 0; index < 95; index += 1) intake.settled(`p-${index}`)
    expect(intake.refusal()).toBeNull()
  })

  test('by payments that have settled, whose repeats were answered with 202 as well', () => {
    let nowMs = 0
    const intake = new PaymentIntake(LIMIT_MS, () => nowMs)
    for (let index = 0; index < 100; index += 1) {
      const leaves = [intake.enter(), intake.enter()]
      for (const leave of leaves) leave(`p-${index}`)
    }
    nowMs = 6_000
    for (let index = 0; index < 95; index += 1) intake.settled(`p-${index}`)
    for (let step = 0; step < 20; step += 1) intake.stepEnded(6_000)
    expect(intake.refusal()).toBeNull()
  })

  test('by one payment that never ends', () => {
    let nowMs = 0
    const intake = new PaymentIntake(LIMIT_MS, () => nowMs)
    intake.enter()
    for (; nowMs < 120_000; nowMs += 100) {
      const leave = intake.enter()
      expect(intake.refusal()).toBeNull()
      leave()
      intake.allStepsEnded(50)
    }
  })

  test('by a burst that is worked off in time', () => {
    const burst = { fromMs: 1_000, offered: 15_000, capacity: 100 }
    const after = { fromMs: 1_010, offered: 20, capacity: 100 }
    expect(play([{ fromMs: 0, offered: 60, capacity: 100 }, burst, after], 10_000).refused).toEqual([])
  })
})

test('of steps that end faster than two thousand a second, no more than the newest two thousand are kept', () => {
  let nowMs = 0
  const intake = new PaymentIntake(LIMIT_MS, () => nowMs)
  for (let index = 0; index < 2_500; index += 1) intake.enter()
  // All 5,000 steps of this second would show that 2,500 payments wait for 1 s.
  for (nowMs = 1_500; nowMs < 2_500; nowMs += 0.2) intake.stepEnded(1_500)
  expect(intake.refusal()).not.toBeNull()
})
