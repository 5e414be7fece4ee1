import { describe, expect, test } from '@jest/globals'
import { CoalescedCache } from './coalesced-cache.ts'
import type { CoalescedCacheOptions } from './coalesced-cache.ts'

/** A cache whose loads answer `a1`, `a2` and so on, or fail with `state.failure`. */
function counted(options: Partial<CoalescedCacheOptions<string, string>> = {}) {
  const state: { nowMs: number; loads: number; failure: Error | undefined } = {
    nowMs: 0,
    loads: 0,
    failure: undefined,
  }
  const cache = new CoalescedCache<string, string>({
    freshMs: 100,
    max: 10,
    now: () => state.nowMs,
    load: async (key) => {
      state.loads += 1
      const { loads, failure } = state
      await Promise.resolve()
      if (failure !== undefined) throw failure
      return `${key}${loads}`
    },
    ...options,
  })
  return { state, cache }
}

/** A cache whose loads are answered by hand. */
function answered() {
  const state = { nowMs: 0 }
  const loads: PromiseWithResolvers<string>[] = []
  const cache = new CoalescedCache<string, string>({
    freshMs: 100,
    max: 2,
    now: () => state.nowMs,
    load: () => {
      const load = Promise.withResolvers<string>()
      loads.push(load)
      return load.promise
    },
  })
  return { state, cache, loads }
}

test('a value is forgotten when a load says that it is no more, also for an outage after it', async () => {
  const { state, cache } = counted({ keepsStale: (error) => error instanceof RangeError })
  expect(await cache.get('a')).toBe('a1')
  state.nowMs = 100
  state.failure = new RangeError('away')
  expect(await cache.get('a')).toBe('a1')
  state.nowMs = 200
  state.failure = new Error('no such thing')
  await expect(cache.get('a')).rejects.toThrow('no such thing')
  state.failure = new RangeError('away')
  await expect(cache.get('a')).rejects.toThrow('away')
})

describe('a crowd', () => {
  test('shares one load, and another when the value is old', async () => {
    const { state, cache } = counted()
    const crowd = await Promise.all(Array.from({ length: 50 }, () => cache.get('a')))
    expect(new Set(crowd)).toEqual(new Set(['a1']))
    state.nowMs = 99
    expect(await cache.get('a')).toBe('a1')
    state.nowMs = 100
    expect(await Promise.all([cache.get('a'), cache.get('a')])).toEqual(['a2', 'a2'])
  })

  test('shares a load also while an older value is known', async () => {
    const { state, cache, loads } = answered()
    const first = cache.get('a')
    loads[0]?.resolve('first')
    await first
    state.nowMs = 100
    const early = cache.get('a')
    state.nowMs = 1_000
    const late = cache.get('a')
    loads[1]?.resolve('second')
    expect(await Promise.all([early, late])).toEqual(['second', 'second'])
    expect(loads).toHaveLength(2)
  })

  test('shares the failure of a load, which is not kept', async () => {
    const { state, cache } = counted()
    state.failure = new Error('down')
    const crowd = await Promise.allSettled([cache.get('a'), cache.get('a')])
    expect(crowd).toEqual(Array.from({ length: 2 }, () => ({ status: 'rejected', reason: state.failure })))
    state.failure = undefined
    expect(await cache.get('a')).toBe('a2')
  })
})

test('the age of a value counts from the beginning of its load', async () => {
  const { state, cache, loads } = answered()
  const first = cache.get('a')
  state.nowMs = 60
  loads[0]?.resolve('first')
  await first
  state.nowMs = 99
  expect(await cache.get('a')).toBe('first')
  state.nowMs = 100
  void cache.get('a')
  expect(loads).toHaveLength(2)
})

test('what is not there is remembered as well', async () => {
  let loads = 0
  const cache = new CoalescedCache<string, undefined>({
    load: async () => void (loads += 1),
    freshMs: 100,
    max: 10,
    now: () => 0,
  })
  expect([await cache.get('a'), await cache.get('a')]).toEqual([undefined, undefined])
  expect(loads).toBe(1)
})

test('what is forgotten is read again', async () => {
  const { cache } = counted()
  await cache.get('a')
  cache.forget('a')
  expect(await cache.get('a')).toBe('a2')
})

test('what is forgotten while it is read is read again, and the old answer is not kept', async () => {
  const { cache, loads } = answered()
  const before = cache.get('a')
  cache.forget('a')
  const after = cache.get('a')
  loads[1]?.resolve('new')
  expect(await after).toBe('new')
  loads[0]?.resolve('old')
  expect(await before).toBe('old')
  expect(await cache.get('a')).toBe('new')
})

test('no more keys are kept than may, those asked for last; who waits for another one gets it', async () => {
  const { cache, loads } = answered()
  const asked = ['a', 'b', 'c'].map((key) => cache.get(key))
  for (const [index, load] of loads.entries()) load.resolve(String(index))
  expect(await Promise.all(asked)).toEqual(['0', '1', '2'])
  expect([await cache.get('b'), await cache.get('c')]).toEqual(['1', '2'])
  void cache.get('a')
  expect(loads).toHaveLength(4)
})

test('where values have sizes, those asked for last are kept as far as they fit together; one that never fits is only told', async () => {
  const sizes: Record<string, number> = { a: 3, b: 3, c: 3, d: 3, huge: 11, none: 0 }
  const { state, cache } = counted({ sizeOf: (value) => sizes[value.replace(/\d+$/, '')] ?? 1 })
  for (const key of ['a', 'b', 'c', 'a']) await cache.get(key)
  expect(state.loads).toBe(3)
  // A fourth pushes out b, which was asked for longest ago, and that is enough.
  expect([await cache.get('d'), await cache.get('c'), await cache.get('a')]).toEqual(['d4', 'c3', 'a1'])
  expect([await cache.get('huge'), await cache.get('huge')]).toEqual(['huge5', 'huge6'])
  expect([await cache.get('d'), await cache.get('b')]).toEqual(['d4', 'b7'])
  expect([await cache.get('none'), await cache.get('none')]).toEqual(['none8', 'none8'])
})

describe('an old value', () => {
  const keepsStale = (error: unknown): boolean => error instanceof RangeError

  test('stands in for a failure that may pass, and for no other', async () => {
    const { state, cache } = counted({ keepsStale })
    await cache.get('a')
    state.nowMs = 200
    state.failure = new RangeError('away')
    expect(await cache.get('a')).toBe('a1')
    await expect(cache.get('b')).rejects.toThrow('away')
    state.nowMs = 400
    state.failure = new TypeError('gone')
    await expect(cache.get('a')).rejects.toThrow('gone')
  })

  test('stands for as long as a new one before the next load', async () => {
    const { state, cache } = counted({ keepsStale })
    await cache.get('a')
    state.nowMs = 200
    state.failure = new RangeError('away')
    await cache.get('a')
    state.nowMs = 299
    await cache.get('a')
    expect(state.loads).toBe(2)
    state.nowMs = 300
    state.failure = undefined
    expect(await cache.get('a')).toBe('a3')
  })

  test('stands up to its limit of age, however often it stood in', async () => {
    const { state, cache } = counted({ keepsStale, staleMaxMs: 250 })
    await cache.get('a')
    state.failure = new RangeError('away')
    for (state.nowMs = 200; state.nowMs <= 250; state.nowMs += 10) expect(await cache.get('a')).toBe('a1')
    state.nowMs = 251
    await expect(cache.get('a')).rejects.toThrow('away')
  })
})

describe('a value at hand', () => {
  test('is told at once however old it is, and is read again for the next who ask', async () => {
    const { state, cache } = counted()
    expect(await cache.atHand('a')).toBe('a1')
    state.nowMs = 1_000
    expect(await cache.atHand('a')).toBe('a1')
    expect(await cache.get('a')).toBe('a2')
    expect(state.loads).toBe(2)
  })

  test('stays told where it can not be read again and is kept, and is asked for anew where it is not', async () => {
    const { state, cache } = counted({ keepsStale: () => true })
    await cache.atHand('a')
    state.nowMs = 1_000
    state.failure = new Error('away')
    expect(await cache.atHand('a')).toBe('a1')
    expect(await cache.get('a')).toBe('a1')
    const strict = counted()
    await strict.cache.atHand('a')
    strict.state.nowMs = 1_000
    strict.state.failure = new Error('away')
    expect(await strict.cache.atHand('a')).toBe('a1')
    await expect(strict.cache.get('a')).rejects.toThrow('away')
  })
})
