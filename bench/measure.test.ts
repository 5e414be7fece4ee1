import { expect, test } from '@jest/globals'
import { costOf, cpuRatio, median } from './measure.ts'

test('the median is the middle value, or the mean of the two in the middle', () => {
  expect(median([9, 1, 5])).toBe(5)
  expect(median([9, 1, 5, 6])).toBe(5.5)
  expect(() => median([])).toThrow('nothing')
})

const round = (answered: number, nginx: number, node: number) => ({
  answered,
  elapsedMs: 2_000,
  latenciesMs: [7, 3, 40],
  cpuMs: new Map([
    ['nginx', nginx],
    ['node', node],
  ]),
})

test('a disturbed round does not move the cost', () => {
  expect(costOf([round(1_000, 100, 200), round(100, 800, 100), round(1_000, 100, 200)])).toEqual({
    perSecond: 500,
    p50Ms: 7,
    p99Ms: 40,
    cpuMsPerRequest: 0.3,
    parts: new Map([
      ['nginx', 0.1],
      ['node', 0.2],
    ]),
  })
})

test('a round without an answer is no cost of 0', () => {
  expect(() => costOf([round(0, 10, 10)])).toThrow('without an answer')
})

test('the ratio is ours by the other', () => {
  const [ours, other] = [costOf([round(100, 10, 20)]), costOf([round(100, 10, 10)])]
  expect(cpuRatio(ours, other)).toBeCloseTo(1.5)
})
