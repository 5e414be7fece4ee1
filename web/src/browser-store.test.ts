import { expect, test } from '@jest/globals'
import { browserStore } from './browser-store.ts'

const kept = new Map<string, string>()
const working = {
  getItem: (name: string) => kept.get(name) ?? null,
  setItem: (name: string, value: string) => void kept.set(name, value),
  removeItem: (name: string) => void kept.delete(name),
}

test('what is kept goes to the storage of the browser', () => {
  const store = browserStore(() => working)
  store.setItem('a', '1')
  expect([kept.get('a'), store.getItem('a'), store.getItem('b')]).toEqual(['1', '1', null])
  store.removeItem('a')
  expect([kept.size, store.getItem('a')]).toEqual([0, null])
})

test('where a browser lets a page keep nothing, it is kept as long as the page is open', () => {
  const store = browserStore(() => {
    throw new Error('SecurityError')
  })
  expect(store.getItem('a')).toBeNull()
  store.setItem('a', '1')
  expect(store.getItem('a')).toBe('1')
  store.removeItem('a')
  expect(store.getItem('a')).toBeNull()
})
