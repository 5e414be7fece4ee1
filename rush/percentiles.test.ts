import { describe, expect, test } from '@jest/globals'
import { busiestRate, spreadOf } from './percentiles.ts'

describe('spreadOf', () => {
  test('takes the nearest rank, whatever the order', () => {
    const durations = Array.from({ length: 100 }, (_, index) => ((index * 37) % 100) + 1)
    expect(spreadOf(durations)).toEqual({ count: 100, p50: 50, p95: 95, p99: 99, max: 100 })
  })

  test('of one is that one, of none is nothing', () => {
    expect(spreadOf([8])).toEqual({ count: 1, p50: 8, p95: 8, p99: 8, max: 8 })
    expect(spreadOf([])).toBeUndefined()
  })

  test('sorts numbers as numbers', () => {
    expect(spreadOf([9, 100, 20])).toMatchObject({ p50: 20, max: 100 })
  })
})

describe('busiestRate', () => {
  test('finds the densest window, wherever it begins', () => {
    const spread = [0, 5_000, 10_000, 15_000]
    const burst = [20_000, 20_100, 20_200, 29_999]
    expect(busiestRate([...burst, ...spread], 10_000)).toBe(0.4)
  })

  test('an event a whole window later is not in it', () => {
    expect(busiestRate([0, 10_000], 10_000)).toBe(0.1)
    expect(busiestRate([0, 9_999], 10_000)).toBe(0.2)
    expect(busiestRate([], 10_000)).toBe(0)
  })
})
