import { expect, test } from '@jest/globals'
import { BARE_HOLD_MS, listMisses, scaledLimitMs } from './limits.ts'
import { isMet } from './results.ts'

const cost = (cpuMsPerRequest: number) => ({
  perSecond: 100,
  p50Ms: 1,
  p99Ms: 2,
  cpuMsPerRequest,
  parts: new Map<string, number>(),
})
const hold = (ours: number) => ({
  work: 'hold',
  ours: cost(ours),
  against: 'bare stack',
  other: cost(1),
  limit: 2,
})
const pay = (value: number) => ({ name: 'CPU of a payment', value, unit: ' ms', digits: 2, limit: 5 })

test('a limit that is just reached is met', () => {
  expect(listMisses({ comparisons: [hold(2)], figures: [pay(5)], problems: [] })).toEqual([])
})

test('each ratio and each figure above its limit is told, and what was not measured too', () => {
  const results = { comparisons: [hold(1), hold(2.01)], figures: [pay(4), pay(5.01)], problems: ['pay: 503'] }
  expect(listMisses(results)).toEqual([
    'hold costs 2.01 times the bare stack (limit 2)',
    'CPU of a payment: 5.01 ms (limit 5.00 ms)',
    'not measured: pay: 503',
  ])
})

test('what has no limit can not be missed', () => {
  expect(isMet({ ...hold(100), limit: undefined })).toBe(true)
  expect(isMet({ ...pay(100), limit: undefined })).toBe(true)
})

test('a number that could not be measured is a miss', () => {
  expect(isMet(pay(Number.NaN))).toBe(false)
})

test('a machine that is twice as slow at a bare hold has twice the ms', () => {
  expect(scaledLimitMs('pay', BARE_HOLD_MS)).toBe(5)
  expect(scaledLimitMs('purchase', 2 * BARE_HOLD_MS)).toBe(14)
})
