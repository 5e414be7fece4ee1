import { expect, test } from '@jest/globals'
import { emptySeries, rates, SHOWN_SECONDS, withNumber } from './series.ts'
import type { Series } from './series.ts'

function seriesOf(...numbers: [atSeconds: number, value: number][]): Series {
  return numbers.reduce((series, [at, value]) => withNumber(series, at, value), emptySeries)
}

test('numbers are kept in the order of their times, each time once', () => {
  expect(seriesOf([1, 10], [2, 20], [2, 99], [1.5, 99], [3, 30])).toEqual({
    at: [1, 2, 3],
    values: [10, 20, 30],
  })
})

test('a while without numbers is a gap, not a line', () => {
  expect(seriesOf([1, 10], [21, 30])).toEqual({ at: [1, 11, 21], values: [10, null, 30] })
})

test('what is older than ten minutes is forgotten', () => {
  const { at } = seriesOf([0, 1], [4, 1], [SHOWN_SECONDS + 2, 1])
  expect(at).toEqual([4, (SHOWN_SECONDS + 6) / 2, SHOWN_SECONDS + 2])
})

test('a rate is what a total grew by in the last three seconds', () => {
  expect(rates(seriesOf([0, 0], [1, 6], [2, 6], [3, 12], [4, 12], [5, 12])).values).toEqual([
    null,
    6,
    3,
    4,
    2,
    2,
  ])
})

test('nothing is said of how a total grew while it was not known', () => {
  expect(rates(seriesOf([0, 0], [20, 500], [21, 510])).values).toEqual([null, null, null, 10])
})
