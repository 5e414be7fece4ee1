import { expect, test } from '@jest/globals'
import { resultsText } from './write-docs.ts'

const cost = (cpuMsPerRequest: number) => ({
  perSecond: 1_234.4,
  p50Ms: 4,
  p99Ms: 31.25,
  cpuMsPerRequest,
  parts: new Map<string, number>(),
})
const results = {
  comparisons: [
    { work: 'hold', ours: cost(1.5), against: 'bare stack', other: cost(0.5), limit: 2 },
    { work: 'charge', ours: cost(1.5), against: 'bare stack', other: cost(0.5), limit: undefined },
  ],
  figures: [{ name: 'CPU of a charge', value: 1.5, unit: ' ms', digits: 2, limit: 1.75 }],
  problems: ['pay: 503'],
}

test('the page has each result with its limit, and says what is missed and what was not measured', () => {
  const text = resultsText(results, 'Other programs used 3 % of it.')
  expect(text).toContain('| hold | 1,234 | 1.500 | 4.0 | 31.3 | bare stack | 0.500 | 3.00 | 2 | **no** |')
  expect(text).toContain('| charge | 1,234 | 1.500 | 4.0 | 31.3 | bare stack | 0.500 | 3.00 |  |  |')
  expect(text).toContain('| CPU of a charge | 1.50 ms | 1.75 ms | yes |')
  expect(text).toContain('Not measured: pay: 503')
  expect(text).toContain('Other programs used 3 % of it.')
})
