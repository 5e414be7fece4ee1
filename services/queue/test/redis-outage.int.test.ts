import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import type { RunningQueue } from '../src/start.ts'
import { LosableRedis } from './losable-redis.ts'
import { QueueClient, startCatalog, startQueueService } from './queue-under-test.ts'
import type { Answer, StandInCatalog } from './queue-under-test.ts'

let redis: LosableRedis
let environment: TestEnvironment
let catalog: StandInCatalog
let queue: RunningQueue
let client: QueueClient

beforeAll(async () => {
  redis = await LosableRedis.start()
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  queue = await startQueueService(environment, catalog, {
    REDIS_URL: redis.url,
    REDIS_COMMAND_TIMEOUT_MS: '200',
    ACTIVE_MS: '60000',
  })
  client = new QueueClient(queue)
}, 60_000)

afterAll(async () => {
  await queue?.stop()
  await redis?.dispose()
  await catalog?.stop()
  await environment?.dispose()
})

beforeEach(async () => {
  if (!redis.runs) await redis.start()
  await redisIsUsed()
})

async function crowd(scheduleId: number, prefix: string, size: number): Promise<Answer[]> {
  const answers: Answer[] = []
  for (let index = 0; index < size; index += 1) {
    const answer = await client.join(scheduleId, `${prefix}-${index}`)
    expect(answer.status).toBe(200)
    answers.push(answer)
  }
  return answers
}

async function positions(answers: readonly Answer[]): Promise<unknown[]> {
  const places = await Promise.all(answers.map((answer) => client.place(answer.data['token'])))
  return places.map((place) => place.data['queuePosition'] ?? place.code)
}

async function redisIsUsed(): Promise<void> {
  await eventually(() => expect(queue.ctx.rooms.isOpen).toBe(true), { withinMs: 20_000 })
}

async function redisIsLost(): Promise<void> {
  await eventually(() => expect(queue.ctx.rooms.isOpen).toBe(false))
}

test('an emptied Redis is filled again from PostgreSQL, and everybody keeps the place', async () => {
  const scheduleId = catalog.addSchedule()
  await client.steer(scheduleId, { maxActive: 2 })
  const answers = await crowd(scheduleId, 'wiped', 8)
  await redis.admin((admin) => admin.flushall())
  expect(await positions(answers)).toEqual([0, 0, 1, 2, 3, 4, 5, 6])
  expect((await client.join(scheduleId, 'later')).data).toMatchObject({ queuePosition: 7 })
  await eventually(async () => {
    const room = await redis.admin((admin) => admin.hgetall(`queue:{${scheduleId}}:room`))
    expect(room['epoch']).toBeDefined()
    expect(await positions(answers)).toEqual([0, 0, 1, 2, 3, 4, 5, 6])
  })
})

test('in an emptied Redis people are let in though nobody asks', async () => {
  const scheduleId = catalog.addSchedule()
  await client.steer(scheduleId, { maxActive: 1 })
  const [first] = await crowd(scheduleId, 'silent', 3)
  await client.leave(first?.data['token'])
  await client.steer(scheduleId, { paused: true })
  await redis.admin((admin) => admin.flushall())
  await queue.ctx.pool.query('UPDATE rooms SET paused = false, max_active = 3 WHERE schedule_id = $1', [
    scheduleId,
  ])
  await eventually(async () => {
    const { rows } = await queue.ctx.pool.query(
      `SELECT FROM queue_tokens WHERE schedule_id = $1 AND status = 'ACTIVE'`,
      [scheduleId],
    )
    expect(rows).toHaveLength(2)
  })
})

test('while Redis is away people join, ask, leave and get new tokens; back again, all of it holds', async () => {
  const scheduleId = catalog.addSchedule()
  await client.steer(scheduleId, { maxActive: 1 })
  const before = await crowd(scheduleId, 'before', 5)
  await redis.stop()
  await redisIsLost()

  expect(await positions(before)).toEqual([0, 1, 2, 3, 4])
  const during = await crowd(scheduleId, 'during', 3)
  expect(during.map((answer) => answer.data['queuePosition'])).toEqual([5, 6, 7])
  expect(during.every((answer) => answer.data['status'] === 'WAITING')).toBe(true)
  expect(await client.join(scheduleId, 'during-0')).toMatchObject({ code: 'QUEUE_TOKEN_EXISTS' })
  expect((await client.leave(before[2]?.data['token'])).status).toBe(204)
  const renewed = await client.reissue(scheduleId, 'before-3')
  expect(renewed.data['sequence']).toBe(before[3]?.data['sequence'])
  expect((await client.steer(scheduleId, { paused: true })).data).toMatchObject({ paused: true })
  // Positions are exact without Redis too: people who have left are not counted.
  const gone = 'QUEUE_TOKEN_INVALID'
  await eventually(async () => expect(await positions(before)).toEqual([0, 1, gone, gone, 3]))
  expect(await positions([renewed, ...during])).toEqual([2, 4, 5, 6])

  await redis.start()
  await redisIsUsed()
  expect(await positions(before)).toEqual([0, 1, gone, gone, 3])
  expect(await positions([renewed, ...during])).toEqual([2, 4, 5, 6])
  await client.steer(scheduleId, { paused: false })
  await client.leave(before[0]?.data['token'])
  await eventually(async () => expect(await positions([renewed, ...during])).toEqual([1, 3, 4, 5]))
}, 40_000)

test('whoever was told to be in a moment before Redis died is in', async () => {
  const scheduleId = catalog.addSchedule()
  await client.steer(scheduleId, { maxActive: 5, admitPerSecond: 100 })
  const answers = await crowd(scheduleId, 'just-in', 5)
  await redis.kill()
  await redisIsLost()
  // This has to be so at once, not only after a while.
  expect(await positions(answers)).toEqual([0, 0, 0, 0, 0])
})

test('people are let in from PostgreSQL within 4 s of the loss, by the same limits, and through Redis when it is back', async () => {
  const scheduleId = catalog.addSchedule()
  await client.steer(scheduleId, { maxActive: 2, admitPerSecond: 100 })
  const answers = await crowd(scheduleId, 'goes-on', 6)
  const lostAt = performance.now()
  await redis.kill()
  await client.leave(answers[0]?.data['token'])
  const gone = 'QUEUE_TOKEN_INVALID'
  await eventually(async () => expect(await positions(answers)).toEqual([gone, 0, 0, 1, 2, 3]))
  expect(performance.now() - lostAt).toBeLessThan(4_500)
  await client.leave(answers[1]?.data['token'])
  await eventually(async () => expect(await positions(answers)).toEqual([gone, gone, 0, 0, 1, 2]), {
    withinMs: 2_000,
  })
  await redis.start()
  await redisIsUsed()
  expect(await positions(answers)).toEqual([gone, gone, 0, 0, 1, 2])
  await client.leave(answers[2]?.data['token'])
  await eventually(async () => expect(await positions(answers)).toEqual([gone, gone, gone, 0, 0, 1]))
}, 40_000)

test('a Redis that comes back without its last second is not believed', async () => {
  const scheduleId = catalog.addSchedule()
  await client.steer(scheduleId, { maxActive: 1 })
  const answers = await crowd(scheduleId, 'kept', 3)
  await queue.ctx.changes.flush()
  // Redis is put into an older state, in which the first still waits and the last has not joined.
  await redis.admin(async (admin) => {
    await admin.zrem(`queue:{${scheduleId}}:active`, 'kept-0')
    await admin.zadd(`queue:{${scheduleId}}:waiting`, 1, 'kept-0')
    await admin.zrem(`queue:{${scheduleId}}:waiting`, 'kept-2')
    await admin.hdel(`queue:{${scheduleId}}:tokens`, 'kept-2')
  })
  await redis.stop()
  await redis.start()
  await eventually(async () => {
    expect(queue.ctx.rooms.isOpen).toBe(true)
    expect(await positions(answers)).toEqual([0, 1, 2])
  })
}, 40_000)

test('a Redis that hangs is cut off by the breaker within moments, and used again when it answers', async () => {
  const scheduleId = catalog.addSchedule()
  await client.steer(scheduleId, { maxActive: 1 })
  const answers = await crowd(scheduleId, 'hung', 3)
  await queue.ctx.changes.flush()
  redis.hang()
  try {
    await eventually(async () => {
      expect(await positions(answers)).toEqual([0, 1, 2])
      expect(queue.ctx.rooms.isOpen).toBe(false)
    })
    const began = performance.now()
    expect(await positions(answers)).toEqual([0, 1, 2])
    expect(performance.now() - began).toBeLessThan(1_000)
  } finally {
    redis.resume()
  }
  await redisIsUsed()
  expect(await positions(answers)).toEqual([0, 1, 2])
}, 40_000)

test('a Redis that hangs while nobody asks anything is noticed too, and people are let in', async () => {
  const scheduleId = catalog.addSchedule()
  await client.steer(scheduleId, { maxActive: 1 })
  const answers = await crowd(scheduleId, 'quiet', 3)
  redis.hang()
  try {
    const lostAt = performance.now()
    // One place is freed and nothing else is asked, which is too few calls for the breaker to open.
    await client.leave(answers[0]?.data['token'])
    await eventually(async () => {
      const { rows } = await queue.ctx.pool.query(
        `SELECT sequence FROM queue_tokens WHERE schedule_id = $1 AND status = 'ACTIVE'`,
        [scheduleId],
      )
      expect(rows).toEqual([{ sequence: answers[1]?.data['sequence'] }])
    })
    expect(performance.now() - lostAt).toBeLessThan(6_000)
  } finally {
    redis.resume()
  }
  await redisIsUsed()
  expect(await positions(answers)).toEqual(['QUEUE_TOKEN_INVALID', 0, 1])
}, 40_000)
