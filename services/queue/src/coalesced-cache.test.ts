import { expect, test } from '@jest/globals'
import { CoalescedCache } from './coalesced-cache.ts'

test('however many ask at once, the value is read once, and again when it is old', async () => {
  let loads = 0
  let nowMs = 0
  const cache = new CoalescedCache({
    load: async (key: string) => `${key}${(loads += 1)}`,
    freshMs: 100,
    max: 10,
    now: () => nowMs,
  })
  expect(await Promise.all([cache.get('a'), cache.get('a'), cache.get('a')])).toEqual(['a1', 'a1', 'a1'])
  nowMs = 99
  expect(await cache.get('a')).toBe('a1')
  nowMs = 100
  expect(await cache.get('a')).toBe('a2')
  cache.forget('a')
  expect(await cache.get('a')).toBe('a3')
})

test('what is forgotten while it is read is read again, and the old answer is not kept', async () => {
  const answers: ((value: string) => void)[] = []
  const cache = new CoalescedCache({
    load: () => new Promise<string>((resolve) => void answers.push(resolve)),
    freshMs: 100,
    max: 10,
    now: () => 0,
  })
  const before = cache.get('a')
  cache.forget('a')
  const after = cache.get('a')
  answers[1]?.('new')
  expect(await after).toBe('new')
  answers[0]?.('old')
  expect(await before).toBe('old')
  expect(await cache.get('a')).toBe('new')
})

test('an old value stands in for a failure that may pass, and for no other', async () => {
  let failure: Error | undefined
  let nowMs = 0
  const cache = new CoalescedCache({
    load: async () => {
      if (failure !== undefined) throw failure
      return 'value'
    },
    freshMs: 100,
    max: 10,
    keepsStale: (error) => error instanceof RangeError,
    now: () => nowMs,
  })
  await cache.get('a')
  nowMs = 200
  failure = new RangeError('away')
  expect(await cache.get('a')).toBe('value')
  await expect(cache.get('b')).rejects.toThrow('away')
  nowMs = 400
  failure = new TypeError('gone')
  await expect(cache.get('a')).rejects.toThrow('gone')
})
