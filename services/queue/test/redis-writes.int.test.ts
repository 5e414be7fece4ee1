import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, jest, test } from '@jest/globals'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import { connectStores } from './queue-under-test.ts'

test('commands that do not wait for each other go to Redis in one write', async () => {
  const environment = await createTestEnvironment({ topics: false })
  const stores = await connectStores(environment)
  try {
    const single = jest.spyOn(stores.redis.stream, '_write')
    const joined = jest.spyOn(stores.redis.stream, '_writev')
    const numbers = Array.from({ length: 50 }, (_number, index) => index)
    const set = numbers.map((number) => stores.redis.set(`number:${number}`, number))
    await nextTurn()
    expect([single.mock.calls.length, joined.mock.calls.length]).toEqual([0, 1])
    await Promise.all(set)
    const read = await stores.redis.mget(numbers.map((number) => `number:${number}`))
    expect(read).toEqual(numbers.map(String))
  } finally {
    await stores.stop()
    await environment.dispose()
  }
})
