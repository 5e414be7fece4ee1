import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { ensurePrograms } from '@frontrow/local-stack/install'
import { freePorts } from '@frontrow/local-stack/ports'
import type { RunningProcess } from '@frontrow/local-stack/process'
import { startRedis } from '@frontrow/local-stack/redis'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { Redis } from 'ioredis'
import type { RunningQueue } from '../src/start.ts'
import { QueueClient, startCatalog, startQueueService } from './queue-under-test.ts'
import type { Answer, StandInCatalog } from './queue-under-test.ts'

// A Redis of its own: this file takes it away.
const folder = mkdtempSync(join(tmpdir(), 'frontrow-redis-outage-'))
let environment: TestEnvironment
let catalog: StandInCatalog
let queue: RunningQueue
let client: QueueClient
let redis: RunningProcess
let redisRuns = false
let startServer: () => Promise<void>
let redisUrl: string

beforeAll(async () => {
  const { 'redis-server': program } = await ensurePrograms(['redis-server'], () => {})
  const [port] = await freePorts(1)
  if (program === undefined || port === undefined) throw new Error('no program or no port for Redis')
  redisUrl = `redis://127.0.0.1:${port}`
  startServer = async () => {
    redis = await startRedis({
      program,
      port,
      dataFolder: join(folder, 'data'),
      logFile: join(folder, 'redis.log'),
      pidFile: join(folder, 'redis.pid'),
      durable: true,
    })
    redisRuns = true
  }
  await startServer()
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  queue = await startQueueService(environment, catalog, {
    REDIS_URL: redisUrl,
    REDIS_COMMAND_TIMEOUT_MS: '200',
    ACTIVE_MS: '60000',
  })
  client = new QueueClient(queue)
}, 60_000)

afterAll(async () => {
  await queue?.stop()
  await redis?.stop()
  await catalog?.stop()
  await environment?.dispose()
  rmSync(folder, { recursive: true, force: true })
})

beforeEach(async () => {
  if (!redisRuns) await startServer()
  await redisIsUsed()
})

async function stopServer(): Promise<void> {
  redisRuns = false
  await redis.stop()
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
  await eventually(() => expect(queue.ctx.rooms.isOpen).toBe(true))
}

test('an emptied Redis is filled again from PostgreSQL, and everybody keeps the place', async () => {
  const scheduleId = catalog.addSchedule()
  await client.steer(scheduleId, { maxActive: 2 })
  const answers = await crowd(scheduleId, 'wiped', 8)
  await queue.ctx.changes.flush()
  const admin = new Redis(redisUrl)
  await admin.flushall()
  admin.disconnect()
  expect(await positions(answers)).toEqual([0, 0, 1, 2, 3, 4, 5, 6])
  expect((await client.join(scheduleId, 'later')).data).toMatchObject({ queuePosition: 7 })
})

test('while Redis is away people join, ask, leave and get new tokens; back again, all of it holds', async () => {
  const scheduleId = catalog.addSchedule()
  await client.steer(scheduleId, { maxActive: 1 })
  const before = await crowd(scheduleId, 'before', 4)
  await queue.ctx.changes.flush()
  await stopServer()
  await eventually(() => expect(queue.ctx.rooms.isOpen).toBe(false))

  expect(await positions(before)).toEqual([0, 1, 2, 3])
  const during = await crowd(scheduleId, 'during', 3)
  expect(during.every((answer) => answer.data['status'] === 'WAITING')).toBe(true)
  expect(await client.join(scheduleId, 'during-0')).toMatchObject({ code: 'QUEUE_TOKEN_EXISTS' })
  expect((await client.leave(before[1]?.data['token'])).status).toBe(204)
  const renewed = await client.reissue(scheduleId, 'before-2')
  expect(renewed.data['sequence']).toBe(before[2]?.data['sequence'])
  expect((await client.steer(scheduleId, { paused: true })).data).toMatchObject({ paused: true })

  await startServer()
  await redisIsUsed()
  expect(await positions(before)).toEqual([0, 'QUEUE_TOKEN_INVALID', 'QUEUE_TOKEN_INVALID', 2])
  expect(await positions([renewed, ...during])).toEqual([1, 3, 4, 5])
  await client.steer(scheduleId, { paused: false })
  await client.leave(before[0]?.data['token'])
  await eventually(async () => expect(await positions([renewed, ...during])).toEqual([0, 2, 3, 4]))
}, 40_000)

test('a Redis that comes back without its last second is not believed', async () => {
  const scheduleId = catalog.addSchedule()
  await client.steer(scheduleId, { maxActive: 1 })
  const answers = await crowd(scheduleId, 'kept', 3)
  await queue.ctx.changes.flush()
  // An older state: the first still waits, the last never came.
  const admin = new Redis(redisUrl)
  await admin.zrem(`queue:{${scheduleId}}:active`, 'kept-0')
  await admin.zadd(`queue:{${scheduleId}}:waiting`, 1, 'kept-0')
  await admin.zrem(`queue:{${scheduleId}}:waiting`, 'kept-2')
  await admin.hdel(`queue:{${scheduleId}}:tokens`, 'kept-2')
  admin.disconnect()
  await stopServer()
  await startServer()
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
  process.kill(redis.pid, 'SIGSTOP')
  try {
    await eventually(async () => {
      expect(await positions(answers)).toEqual([0, 1, 2])
      expect(queue.ctx.rooms.isOpen).toBe(false)
    })
    const began = performance.now()
    expect(await positions(answers)).toEqual([0, 1, 2])
    expect(performance.now() - began).toBeLessThan(1_000)
  } finally {
    process.kill(redis.pid, 'SIGCONT')
  }
  await redisIsUsed()
  expect(await positions(answers)).toEqual([0, 1, 2])
}, 40_000)
