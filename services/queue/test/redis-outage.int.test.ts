import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment, OUTAGE_DEADLINES } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { roomKey } from '../src/redis-room/room-scripts.ts'
import type { RunningQueue } from '../src/start.ts'
import { LosableRedis } from './losable-redis.ts'
import { expectMirrored, readMirror } from './mirrored-room.ts'
import { QueueClient, startCatalog, startQueueService } from './queue-under-test.ts'
import type { Answer, StandInCatalog } from './queue-under-test.ts'

const GONE = 'QUEUE_TOKEN_INVALID'

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
    ...OUTAGE_DEADLINES,
    REDIS_URL: redis.url,
    REDIS_COMMAND_TIMEOUT_MS: '200',
    ACTIVE_MS: '60000',
  })
  client = new QueueClient(queue)
})

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

/** A room in which one is in and the others wait; their answers. */
async function makeRoom(prefix: string, size: number): Promise<{ scheduleId: number; answers: Answer[] }> {
  const scheduleId = catalog.addSchedule()
  await client.steer(scheduleId, { maxActive: 1 })
  return { scheduleId, answers: await crowd(scheduleId, prefix, size) }
}

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
  await eventually(() => expect(queue.ctx.gate.isOpen).toBe(true))
}

async function redisIsLost(): Promise<void> {
  await eventually(() => expect(queue.ctx.gate.isOpen).toBe(false))
}

function mirrored(scheduleId: number): Promise<void> {
  return redis.admin((admin) => expectMirrored({ redis: admin, pool: queue.ctx.pool }, scheduleId))
}

test('an emptied Redis is filled again from PostgreSQL, and everybody keeps the place', async () => {
  const { scheduleId, answers } = await makeRoom('wiped', 8)
  await redis.admin((admin) => admin.flushall())
  // This has to be so at once, not only when the room is built.
  expect(await positions(answers)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  expect((await client.join(scheduleId, 'later')).data).toMatchObject({ queuePosition: 8 })
  await mirrored(scheduleId)
  expect(await positions(answers)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
})

test('a room that was emptied in Redis is built again though nobody asks for it', async () => {
  const { scheduleId, answers } = await makeRoom('silent', 3)
  await redis.admin((admin) => admin.flushall())
  await client.leave(answers[0]?.data['token'])
  await eventually(async () => {
    const { active } = await redis.admin((admin) => readMirror(admin, scheduleId))
    expect(Object.keys(active)).toEqual(['silent-1'])
  })
  await mirrored(scheduleId)
})

test('while Redis is away people join, ask, leave and get new tokens; back again, all of it holds', async () => {
  const { scheduleId, answers: before } = await makeRoom('before', 5)
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
  await eventually(async () => expect(await positions(before)).toEqual([0, 1, GONE, GONE, 3]))
  expect(await positions([renewed, ...during])).toEqual([2, 4, 5, 6])

  await redis.start()
  await redisIsUsed()
  expect(await positions(before)).toEqual([0, 1, GONE, GONE, 3])
  expect(await positions([renewed, ...during])).toEqual([2, 4, 5, 6])
  await client.steer(scheduleId, { paused: false })
  await client.leave(before[0]?.data['token'])
  await eventually(async () => expect(await positions([renewed, ...during])).toEqual([1, 3, 4, 5]))
  await mirrored(scheduleId)
})

test('whoever was told to be in a moment before Redis died is in', async () => {
  const scheduleId = catalog.addSchedule()
  await client.steer(scheduleId, { maxActive: 5, admitPerSecond: 100 })
  const answers = await crowd(scheduleId, 'just-in', 5)
  await redis.kill()
  // This has to be so at once, not only after a while.
  expect(await positions(answers)).toEqual([0, 0, 0, 0, 0])
  await redisIsLost()
  expect(await positions(answers)).toEqual([0, 0, 0, 0, 0])
})

test('people are let in while Redis is away, without a pause and by the same limits, and when it is back', async () => {
  const scheduleId = catalog.addSchedule()
  await client.steer(scheduleId, { maxActive: 2, admitPerSecond: 100 })
  const answers = await crowd(scheduleId, 'goes-on', 6)
  await redis.kill()
  await client.leave(answers[0]?.data['token'])
  await eventually(async () => expect(await positions(answers)).toEqual([GONE, 0, 0, 1, 2, 3]))
  await client.leave(answers[1]?.data['token'])
  await eventually(async () => expect(await positions(answers)).toEqual([GONE, GONE, 0, 0, 1, 2]))
  await redis.start()
  await redisIsUsed()
  expect(await positions(answers)).toEqual([GONE, GONE, 0, 0, 1, 2])
  await client.leave(answers[2]?.data['token'])
  await eventually(async () => expect(await positions(answers)).toEqual([GONE, GONE, GONE, 0, 0, 1]))
})

test('a Redis that comes back empty is filled before it is asked', async () => {
  const { scheduleId, answers } = await makeRoom('emptied', 5)
  await redis.kill()
  await redisIsLost()
  await redis.startEmpty()
  await redisIsUsed()
  const { version } = await redis.admin((admin) => readMirror(admin, scheduleId))
  expect(version).not.toBe('')
  await mirrored(scheduleId)
  expect(await positions(answers)).toEqual([0, 1, 2, 3, 4])
})

test('a Redis that comes back without its last seconds is brought up to date before it is asked, by what it has missed', async () => {
  const { scheduleId, answers } = await makeRoom('older', 4)
  await mirrored(scheduleId)
  await redis.admin((admin) => admin.hset(roomKey(scheduleId, 'room'), 'marker', 'of the old room'))
  // Redis answers before it writes where its last sync of the file is still in work.
  await eventually(async () =>
    expect(await redis.admin((admin) => admin.info('persistence'))).toMatch(/aof_buffer_length:0\b/),
  )
  redis.noteData()
  const later = await crowd(scheduleId, 'newer', 2)
  await client.leave(answers[0]?.data['token'])
  await eventually(async () => expect(await positions(answers)).toEqual([GONE, 0, 1, 2]))
  const renewed = await client.reissue(scheduleId, 'older-2')
  await redis.kill()
  await redisIsLost()
  await redis.startWithNotedData()
  await redisIsUsed()
  expect(await positions([...answers, renewed, ...later])).toEqual([GONE, 0, GONE, 2, 1, 3, 4])
  await mirrored(scheduleId)
  // A room that was built whole would not have this.
  const marker = await redis.admin((admin) => admin.hget(roomKey(scheduleId, 'room'), 'marker'))
  expect(marker).toBe('of the old room')
})

test('in a Redis that comes back without its last seconds nobody stands who has left meanwhile, also in a room that is empty now', async () => {
  const { scheduleId, answers } = await makeRoom('left', 3)
  await mirrored(scheduleId)
  redis.noteData()
  await redis.kill()
  await redisIsLost()
  for (const answer of answers) expect((await client.leave(answer.data['token'])).status).toBe(204)
  await redis.startWithNotedData()
  await redisIsUsed()
  await mirrored(scheduleId)
  // The service keeps this answer for a moment.
  await eventually(async () => {
    const room = await client.call('GET', `/queue/schedules/${scheduleId}/now-serving`)
    expect(room.data).toMatchObject({ waiting: 0 })
  })
})

test('a Redis that hangs is cut off by the breaker within moments, and used again when it answers', async () => {
  const { scheduleId, answers } = await makeRoom('hung', 3)
  redis.hang()
  try {
    await eventually(async () => {
      expect(await positions(answers)).toEqual([0, 1, 2])
      expect(queue.ctx.gate.isOpen).toBe(false)
    })
    expect(await positions(answers)).toEqual([0, 1, 2])
    await client.leave(answers[0]?.data['token'])
    await eventually(async () => expect(await positions(answers)).toEqual([GONE, 0, 1]))
  } finally {
    redis.resume()
  }
  await redisIsUsed()
  expect(await positions(answers)).toEqual([GONE, 0, 1])
  await mirrored(scheduleId)
})

test('a Redis that hangs while nobody asks anything keeps nobody out, and has all of it when it answers again', async () => {
  const { scheduleId, answers } = await makeRoom('quiet', 3)
  redis.hang()
  try {
    await client.leave(answers[0]?.data['token'])
    await eventually(async () => {
      const { rows } = await queue.ctx.pool.query(
        `SELECT sequence FROM queue_tokens WHERE schedule_id = $1 AND status = 'ACTIVE'`,
        [scheduleId],
      )
      expect(rows).toEqual([{ sequence: answers[1]?.data['sequence'] }])
    })
  } finally {
    redis.resume()
  }
  await mirrored(scheduleId)
  await redisIsUsed()
  expect(await positions(answers)).toEqual([GONE, 0, 1])
})

test('a Redis that answers and takes no writes is soon asked no more, and used again when it takes them', async () => {
  const { scheduleId, answers } = await makeRoom('refused', 4)
  await mirrored(scheduleId)
  await redis.admin((admin) => admin.config('SET', 'min-replicas-to-write', '1'))
  try {
    await client.leave(answers[0]?.data['token'])
    await eventually(async () => {
      expect(await positions(answers)).toEqual([GONE, 0, 1, 2])
      expect(queue.ctx.gate.isOpen).toBe(false)
    })
    const joined = await client.join(scheduleId, 'refused-late')
    expect(joined.data).toMatchObject({ status: 'WAITING', queuePosition: 3 })
    expect(await positions([joined])).toEqual([3])
  } finally {
    await redis.admin((admin) => admin.config('SET', 'min-replicas-to-write', '0'))
  }
  await redisIsUsed()
  expect(await positions(answers)).toEqual([GONE, 0, 1, 2])
  await mirrored(scheduleId)
})
