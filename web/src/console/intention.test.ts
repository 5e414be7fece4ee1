import { expect, test } from '@jest/globals'
import { keyOf } from './intention.ts'

const failed = { key: 'k', text: '{"paused":true}', failedAtMs: 1_000 }

test('a press soon after a failure goes on with what may have been done; a later one, or another, is a change of its own', () => {
  expect(keyOf(failed, failed.text, 5_000)).toBe('k')
  expect(keyOf(failed, '{"paused":false}', 5_000)).not.toBe('k')
  expect(keyOf(failed, failed.text, 11_000)).not.toBe('k')
  expect(keyOf(undefined, failed.text, 5_000)).not.toBe(keyOf(undefined, failed.text, 5_000))
})
