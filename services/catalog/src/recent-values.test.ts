import { describe, expect, test } from '@jest/globals'
import { RecentValues } from './recent-values.ts'

function counted(maxAgeMs = 100) {
  const state = { now: 0, loads: 0, fail: false }
  const values = new RecentValues<string, string>({
    maxAgeMs,
    maxKeys: 2,
    now: () => state.now,
    load: async (key) => {
      state.loads += 1
      const { loads } = state
      await Promise.resolve()
      if (state.fail) throw new Error('down')
      return `${key}${loads}`
    },
  })
  return { state, values }
}

describe('RecentValues', () => {
  test('a crowd shares one load until it is too old', async () => {
    const { state, values } = counted()
    const crowd = await Promise.all(Array.from({ length: 50 }, () => values.get('a')))
    state.now = 99
    expect(await values.get('a')).toBe('a1')
    expect(new Set(crowd)).toEqual(new Set(['a1']))
    state.now = 100
    expect(await values.get('a')).toBe('a2')
    expect(state.loads).toBe(2)
  })

  test('a failed load is not kept', async () => {
    const { state, values } = counted()
    state.fail = true
    await expect(values.get('a')).rejects.toThrow('down')
    state.fail = false
    expect(await values.get('a')).toBe('a2')
  })

  test('a forgotten value is loaded anew', async () => {
    const { values } = counted()
    await values.get('a')
    values.forget('a')
    expect(await values.get('a')).toBe('a2')
  })

  test('holds no more keys than its limit', async () => {
    const { state, values } = counted()
    for (const key of ['a', 'b', 'c', 'a']) await values.get(key)
    expect(state.loads).toBe(4)
  })
})
