import { expect, test } from '@jest/globals'
import { cachingOf } from './describe-fairness.ts'

function entriesFrom(first: number, count: number): Parameters<typeof cachingOf>[0]['entries'] {
  return Array.from({ length: count }, (_none, index) => ({
    kind: 'NO_SHOW' as const,
    number: first + index,
    sequence: first + index,
    admittedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:01:30.000Z',
    allowedMs: 90_000,
    hash: '',
  }))
}

test('a full page of the log is kept for minutes and not for good; one that grows, and the first, for a second', () => {
  expect(cachingOf({ entries: entriesFrom(1_001, 1_000), nextFrom: 2_001 })).toBe('public, max-age=300')
  expect(cachingOf({ entries: entriesFrom(1, 1_000), nextFrom: 1_001 })).toBe('public, max-age=1')
  expect(cachingOf({ entries: entriesFrom(1_001, 1_000), nextFrom: null })).toBe('public, max-age=1')
  expect(cachingOf({ entries: entriesFrom(1_001, 3), nextFrom: null })).toBe('public, max-age=1')
})
