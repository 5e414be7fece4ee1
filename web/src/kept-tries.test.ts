import { expect, test } from '@jest/globals'
import { forgetTry, keepTry, keptTry } from './kept-tries.ts'

function memory() {
  const kept = new Map<string, string>()
  return {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  }
}

test('a repeated press, also after a reload, is the same request until its answer is known', () => {
  const store = memory()
  const first = keepTry('pay.1', { method: 'BALANCE' }, store)
  expect(keepTry('pay.1', { method: 'BALANCE' }, store)).toBe(first)
  expect(keptTry('pay.1', store)).toEqual({ key: first, body: { method: 'BALANCE' } })
  forgetTry('pay.1', store)
  expect(keptTry('pay.1', store)).toBeUndefined()
  expect(keepTry('pay.1', { method: 'BALANCE' }, store)).not.toBe(first)
})

test('another body or another purpose is another request', () => {
  const store = memory()
  const first = keepTry('pay.1', { method: 'BALANCE' }, store)
  expect(keepTry('pay.2', { method: 'BALANCE' }, store)).not.toBe(first)
  expect(keepTry('pay.1', { method: 'CARD' }, store)).not.toBe(first)
})

test.each(['', '{', '[]', '{"key":1,"body":{}}', '{"key":"x"}', 'null'])('%p is no try of ours', (text) => {
  const store = memory()
  store.setItem('frontrow.try.pay.1', text)
  expect(keptTry('pay.1', store)).toBeUndefined()
})
