import { expect, test } from '@jest/globals'
import { comparisonLines, figureLine, partLines } from './table.ts'

const cost = (perSecond: number, nginx: number, node: number) => ({
  perSecond,
  p50Ms: 4.25,
  p99Ms: 31,
  cpuMsPerRequest: nginx + node,
  parts: new Map([
    ['nginx', nginx],
    ['node', node],
  ]),
})
const other = cost(9_800, 0.04, 0.1)
const against = 'bare stack'
const comparisons = [
  { work: 'own place', ours: cost(6_001.6, 0.05, 0.15), against, other, limit: 1.5 },
  { work: 'join', ours: cost(900, 0.06, 0.5), against, other, limit: 3 },
  { work: 'charge', ours: cost(900, 0.06, 0.5), against, other, limit: undefined },
]

test('each row says both costs, their ratio, the limit and whether it is met', () => {
  expect(comparisonLines(comparisons)).toEqual([
    'work       req/s  CPU ms  p50 ms  p99 ms  against     req/s  CPU ms  ratio  limit  met',
    'own place  6,002  0.2000     4.3    31.0  bare stack  9,800  0.1400   1.43    1.5  yes',
    'join         900  0.5600     4.3    31.0  bare stack  9,800  0.1400   4.00    3.0   NO',
    'charge       900  0.5600     4.3    31.0  bare stack  9,800  0.1400   4.00',
  ])
})

test('each cost is told by the servers it goes to', () => {
  expect(partLines(comparisons.slice(0, 2))).toEqual([
    'CPU ms a request               nginx    node',
    'own place         ours        0.0500  0.1500',
    'own place         bare stack  0.0400  0.1000',
    'join              ours        0.0600  0.5000',
    'join              bare stack  0.0400  0.1000',
  ])
})

test('a figure is judged by its limit, which is still met when it is reached', () => {
  const rebuild = { name: 'rebuild', unit: ' s', digits: 1, limit: 30 }
  expect(figureLine({ ...rebuild, value: 30 })).toBe('rebuild: 30.0 s (limit 30.0 s: met)')
  expect(figureLine({ ...rebuild, value: 30.1 })).toBe('rebuild: 30.1 s (limit 30.0 s: NOT met)')
  expect(figureLine({ ...rebuild, value: 30.1, limit: undefined })).toBe('rebuild: 30.1 s')
})
