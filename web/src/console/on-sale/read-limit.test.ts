import { expect, test } from '@jest/globals'
import { draftsSince, limits, nextRound, readLimit } from './read-limit.ts'

const { maxActive, admitPerSecond } = limits

test.each<[string, number]>([
  ['1', 1],
  [' 250 ', 250],
  ['10,000', 10_000],
  ['1.000.000', 1_000_000],
  ['12 500', 12_500],
])('%j is a limit of %d', (text, value) => {
  expect(readLimit(text, maxActive)).toEqual({ value })
})

test.each<[string, string]>([
  ['', 'none'],
  ['many', 'none'],
  ['1.5', 'none'],
  ['1,00', 'none'],
  ['1e3', 'none'],
  ['0', 'small'],
  ['-5', 'small'],
  ['1000001', 'large'],
])('%j is no limit: %s', (text, problem) => {
  expect(readLimit(text, maxActive)).toEqual({ problem })
})

test('a step goes to the next round number, and never beyond what may be set', () => {
  const up = (value: number) => nextRound(value, 1, maxActive)
  const down = (value: number) => nextRound(value, -1, maxActive)
  expect([1, 7, 10, 49, 50, 52, 100, 1_230, 999_999].map(up)).toEqual([
    2, 8, 11, 50, 55, 55, 110, 1_300, 1_000_000,
  ])
  expect([1, 8, 11, 55, 100, 1_230].map(down)).toEqual([1, 7, 10, 50, 95, 1_200])
  expect(nextRound(10_000, 1, admitPerSecond)).toBe(10_000)
})

test('steps up and down meet the same round numbers, so that one press undoes the other', () => {
  for (let value = 1; value < 1_000; value = nextRound(value, 1, maxActive)) {
    expect(nextRound(nextRound(value, 1, maxActive), -1, maxActive)).toBe(value)
  }
})

test('what was typed while a change was on its way is kept, and what was sent is not', () => {
  const sent = { maxActive: '500', admitPerSecond: '10' }
  expect(draftsSince(sent, sent)).toEqual({})
  expect(draftsSince(sent, { ...sent, maxActive: '700' })).toEqual({ maxActive: '700' })
  expect(draftsSince(sent, {})).toEqual({})
  expect(draftsSince({}, { admitPerSecond: '20' })).toEqual({ admitPerSecond: '20' })
})
