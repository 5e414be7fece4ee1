import { expect, test } from '@jest/globals'
import { isSecondHalf, keyOf } from './intention.ts'

const failed = { key: 'k', text: '{"paused":true}', failedAtMs: 1_000 }

test('a press soon after a failure goes on with what may have been done; a later one, or another, is a change of its own', () => {
  expect(keyOf(failed, failed.text, 5_000)).toBe('k')
  expect(keyOf(failed, '{"paused":false}', 5_000)).not.toBe('k')
  expect(keyOf(failed, failed.text, 11_000)).not.toBe('k')
  expect(keyOf(undefined, failed.text, 5_000)).not.toBe(keyOf(undefined, failed.text, 5_000))
})

test('a double tap asks once, also where a quick answer turns the button round; another change is asked for however soon', () => {
  const first = { text: '{"paused":true}', atMs: 1_000 }
  expect(isSecondHalf(undefined, first, true)).toBe(false)
  expect(isSecondHalf(first, { ...first, atMs: 1_200 }, false)).toBe(true)
  expect(isSecondHalf(first, { text: '{"paused":false}', atMs: 1_200 }, true)).toBe(true)
  expect(isSecondHalf(first, { text: '{"paused":false}', atMs: 1_500 }, true)).toBe(false)
  expect(isSecondHalf(first, { text: '{"maxActive":2}', atMs: 1_200 }, false)).toBe(false)
})
