import { expect, test } from '@jest/globals'
import { ApiError } from '@frontrow/client/errors'
import { askAgainAfterMs } from './ask-again.ts'

const answered = { status: 'success', error: null, dataUpdatedAt: 100_000, errorUpdatedAt: 0 } as const
const failed = { ...answered, status: 'error', error: new Error('away') } as const

test('what is answered is asked again at its pace', () => {
  expect(askAgainAfterMs(answered, 1_000)).toBe(1_000)
  expect(askAgainAfterMs({ ...answered, status: 'pending', dataUpdatedAt: 0 }, 5_000)).toBe(5_000)
})

test('what fails is asked less often the longer that lasts, and at least every 15 s', () => {
  const waits = [1_000, 10_000, 20_000, 3_600_000].map((failingMs) =>
    askAgainAfterMs({ ...failed, errorUpdatedAt: 100_000 + failingMs }, 1_000),
  )
  expect(waits).toEqual([2_000, 5_000, 10_000, 15_000])
  expect(askAgainAfterMs({ ...failed, dataUpdatedAt: 0, errorUpdatedAt: 100_000 }, 1_000)).toBe(4_000)
})

test('an API that says when to come again is not asked before', () => {
  const refusal = { code: 'RATE_LIMITED', message: 'Slower.', details: null, requestId: 'r' } as const
  const error = new ApiError(429, refusal, new Headers({ 'Retry-After': '29' }))
  expect(askAgainAfterMs({ ...failed, error, errorUpdatedAt: 101_000 }, 1_000)).toBe(29_000)
})
