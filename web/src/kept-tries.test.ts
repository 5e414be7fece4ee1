import { expect, test } from '@jest/globals'
import { forgetTry, giveUpTry, goesOnByItself, keepTry, keptTry } from './kept-tries.ts'

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
  expect(first.isNew).toBe(true)
  expect(keepTry('pay.1', { method: 'BALANCE' }, store)).toEqual({ key: first.key, isNew: false })
  expect(keptTry('pay.1', store)).toMatchObject({ key: first.key, body: { method: 'BALANCE' } })
  forgetTry('pay.1', first.key, store)
  expect(keptTry('pay.1', store)).toBeUndefined()
  expect(keepTry('pay.1', { method: 'BALANCE' }, store).key).not.toBe(first.key)
})

test('another purpose is another request; another body is none while the end of the first is unknown', () => {
  const store = memory()
  const { key } = keepTry('pay.1', { method: 'BALANCE' }, store)
  expect(keepTry('pay.2', { method: 'BALANCE' }, store).key).not.toBe(key)
  expect(() => keepTry('pay.1', { method: 'CARD' }, store)).toThrow('unknown: pay.1')
  expect(keptTry('pay.1', store)?.key).toBe(key)
})

test('a try goes on by itself for some minutes, and never once it was given up', () => {
  const store = memory()
  const { key } = keepTry('pay.1', {}, store, 0)
  const goesOn = (nowMs: number): boolean => {
    const kept = keptTry('pay.1', store, nowMs)
    return kept !== undefined && goesOnByItself(kept, nowMs)
  }
  expect([goesOn(60_000), goesOn(600_000)]).toEqual([true, false])
  const now = Date.now()
  const other = keepTry('pay.2', {}, store, now)
  giveUpTry('pay.2', other.key, store)
  expect(keptTry('pay.2', store, now)).toMatchObject({ isGivenUp: true })
  expect(keptTry('pay.1', store, 70 * 3_600_000)?.key).toBe(key)
})

test('a try that is older than the API keeps keys is none: sent again it would be a new request', () => {
  const store = memory()
  const { key } = keepTry('pay.1', {}, store, 0)
  expect(keptTry('pay.1', store, 72 * 3_600_000)).toBeUndefined()
  expect(keepTry('pay.1', {}, store, 72 * 3_600_000)).toMatchObject({ isNew: true })
  expect(keptTry('pay.1', store, 72 * 3_600_000)?.key).not.toBe(key)
})

test('who ends late does not forget the try of somebody else', () => {
  const store = memory()
  const { key } = keepTry('pay.1', {}, store)
  forgetTry('pay.1', 'another', store)
  expect(keptTry('pay.1', store)?.key).toBe(key)
})

test.each(['', '{', '[]', '{"key":1,"body":{}}', '{"key":"x"}', 'null'])('%p is no try of ours', (text) => {
  const store = memory()
  store.setItem('frontrow.try.pay.1', text)
  expect(keptTry('pay.1', store)).toBeUndefined()
})
