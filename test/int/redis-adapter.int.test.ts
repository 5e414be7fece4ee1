import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { Redis } from 'ioredis'
import { RedisAdapter } from '@frontrow/identity-provider/redis-adapter'

let environment: TestEnvironment
let redis: Redis

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
  redis = new Redis(environment.redisUrl)
})

afterAll(async () => {
  redis?.disconnect()
  await environment?.dispose()
})

test('what is used up says so and ends when it would have; what has ended does not come back', async () => {
  const tokens = new RedisAdapter(redis, 'RefreshToken')
  await tokens.upsert('one', { jti: 'one' }, 100)
  await tokens.consume('one')
  expect(await tokens.find('one')).toMatchObject({ jti: 'one', consumed: expect.any(Number) })
  const secondsLeft = await redis.ttl('identity:RefreshToken:one')
  expect(secondsLeft).toBeGreaterThan(95)
  expect(secondsLeft).toBeLessThanOrEqual(100)
  await tokens.destroy('one')
  await tokens.consume('one')
  expect(await redis.exists('identity:RefreshToken:one')).toBe(0)
})
