import { expect, jest, test } from '@jest/globals'
import { SHARED_CALL_MAX, shareCalls } from './shared-calls.ts'

test('those who ask meanwhile share a call of at most what the server takes, and who waits for two seconds is refused', async () => {
  jest.useFakeTimers()
  try {
    const sizes: number[] = []
    const ask = shareCalls<number, number>((asked) => {
      sizes.push(asked.length)
      // The first two calls hang for longer than anybody may wait.
      return new Promise((resolve) => setTimeout(() => resolve(asked), sizes.length <= 2 ? 2_001 : 0))
    })
    const asked: Promise<number>[] = []
    for (let one = 0; one < 2 * SHARED_CALL_MAX + 1; one += 1) asked.push(ask(one))
    const outcomes = Promise.allSettled(asked)
    await jest.advanceTimersByTimeAsync(1_000)
    const later = ask(1_000)
    await jest.advanceTimersByTimeAsync(1_100)
    expect(await later).toBe(1_000)
    const last = (await outcomes).at(-1)
    expect(last).toMatchObject({ status: 'rejected', reason: { code: 'UNAVAILABLE' } })
    expect(sizes).toEqual([100, 100, 1])
  } finally {
    jest.useRealTimers()
  }
})
