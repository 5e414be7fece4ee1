import { once } from 'node:events'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { Redis } from 'ioredis'
import { AdmissionCounts } from '../src/admission/admission-counts.ts'
import { PlaceStreams } from '../src/streams/place-streams.ts'
import type { RunningQueue } from '../src/start.ts'
import { QueueClient, startCatalog, startQueueService } from './queue-under-test.ts'
import type { StandInCatalog } from './queue-under-test.ts'

let environment: TestEnvironment
let catalog: StandInCatalog
let queue: RunningQueue
let client: QueueClient

beforeAll(async () => {
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  queue = await startQueueService(environment, catalog, { WAITING_MAX: '20', ACTIVE_MS: '60000' })
  client = new QueueClient(queue)
})

afterAll(async () => {
  await queue?.stop()
  await catalog?.stop()
  await environment?.dispose()
})

async function scheduleWithRoomFor(maxActive: number | null, more: object = {}): Promise<number> {
  const scheduleId = catalog.addSchedule()
  const steered = await client.steer(scheduleId, { maxActive, ...more })
  expect(steered.status).toBe(200)
  return scheduleId
}

describe('joining', () => {
  test('lets people straight in while there is room, and makes the next ones wait in order', async () => {
    const scheduleId = await scheduleWithRoomFor(1)
    const first = await client.join(scheduleId, 'first')
    expect(first.data).toMatchObject({
      scheduleId,
      status: 'ACTIVE',
      queuePosition: 0,
      estimatedWaitSeconds: 0,
    })
    expect(Object.keys(first.data).toSorted()).toEqual([
      'estimatedWaitSeconds',
      'estimatedWaitTimeMinutes',
      'expiresAt',
      'pollAfterSeconds',
      'queuePosition',
      'scheduleId',
      'sequence',
      'serverTime',
      'status',
      'token',
    ])
    const cookie = (name: string): string =>
      `${name}=${String(first.data['token'])}; Path=/; HttpOnly; Secure; SameSite=Lax`
    expect(first.headers.getSetCookie()).toEqual([cookie('tokenId'), cookie(`tokenId_${scheduleId}`)])
    const second = await client.join(scheduleId, 'second')
    const third = await client.join(scheduleId, 'third')
    expect(second.data).toMatchObject({ status: 'WAITING', queuePosition: 1 })
    expect(third.data).toMatchObject({ status: 'WAITING', queuePosition: 2 })
    expect((await client.place(third.data['token'])).data).toMatchObject({ queuePosition: 2 })
  })

  test('gives 200 clients at once places that are all different', async () => {
    const scheduleId = await scheduleWithRoomFor(500, { admitPerSecond: 500 })
    const users = Array.from({ length: 200 }, (_, index) => `crowd-${index}`)
    const answers = await Promise.all(users.map((user) => client.join(scheduleId, user)))
    expect(answers.map((answer) => answer.status)).toEqual(users.map(() => 200))
    expect(new Set(answers.map((answer) => answer.data['sequence'])).size).toBe(200)
  })

  test('refuses past the most that may wait, and takes people again when one has left', async () => {
    const scheduleId = await scheduleWithRoomFor(1)
    const users = Array.from({ length: 30 }, (_, index) => `many-${index}`)
    const answers = await Promise.all(users.map((user) => client.join(scheduleId, user)))
    const inLine = answers.filter((answer) => answer.data['status'] === 'WAITING')
    expect(inLine).toHaveLength(20)
    expect(answers.filter((answer) => answer.code === 'QUEUE_FULL')).toHaveLength(9)
    await client.leave(inLine[5]?.data['token'])
    await eventually(async () => expect((await client.join(scheduleId, 'late')).status).toBe(200))
  })

  test('before the opening makes everybody wait', async () => {
    const scheduleId = catalog.addSchedule({ bookingOpenAtMs: Date.now() + 2_500 })
    const early = await client.join(scheduleId, 'early')
    expect(early.data).toMatchObject({ status: 'WAITING', queuePosition: 1 })
    await eventually(async () => {
      expect((await client.place(early.data['token'])).data['status']).toBe('ACTIVE')
    })
  })
})

describe('a token', () => {
  test('is refused when it is missing, junk, unknown, or of somebody else', async () => {
    const scheduleId = await scheduleWithRoomFor(5)
    const { data } = await client.join(scheduleId, 'owner')
    expect(await client.place(undefined)).toMatchObject({ status: 401, code: 'QUEUE_TOKEN_REQUIRED' })
    for (const junk of ['x', 'x'.repeat(10_000), '0190a5d5-1f64-7cc3-98c4-dc0c0c07398f']) {
      expect(await client.place(junk)).toMatchObject({ status: 401, code: 'QUEUE_TOKEN_INVALID' })
    }
    const asOther = await client.call('GET', '/queue/tokens/me', { token: data['token'], user: 'other' })
    expect(asOther).toMatchObject({ status: 401, code: 'QUEUE_TOKEN_INVALID' })
    const asOwner = await client.call('GET', '/queue/tokens/me', { token: data['token'], user: 'owner' })
    expect(asOwner.status).toBe(200)
    const byCookie = await client.call('GET', '/queue/tokens/me', {
      cookie: `a=b; tokenId=${String(data['token'])}`,
    })
    expect(byCookie.status).toBe(200)
  })

  test('that is reissued keeps its place and kills the old value', async () => {
    const scheduleId = await scheduleWithRoomFor(1)
    await client.join(scheduleId, 'front')
    const old = await client.join(scheduleId, 'forgetful')
    await client.join(scheduleId, 'behind')
    const renewed = await client.reissue(scheduleId, 'forgetful')
    expect(renewed.data).toMatchObject({ sequence: old.data['sequence'], queuePosition: 1 })
    expect(renewed.data['token']).not.toBe(old.data['token'])
    expect(await client.place(old.data['token'])).toMatchObject({ status: 401, code: 'QUEUE_TOKEN_INVALID' })
    expect((await client.place(renewed.data['token'])).data).toMatchObject({ queuePosition: 1 })
    expect(await client.leave(old.data['token'])).toMatchObject({ status: 204 })
    expect((await client.place(renewed.data['token'])).status).toBe(200)
    expect(await client.reissue(scheduleId, 'nobody')).toMatchObject({ code: 'QUEUE_TOKEN_NOT_FOUND' })
  })

  test('that is left frees its place for the next one, and leaving twice is the same', async () => {
    const scheduleId = await scheduleWithRoomFor(1)
    const front = await client.join(scheduleId, 'front')
    const next = await client.join(scheduleId, 'next')
    expect((await client.leave(front.data['token'])).status).toBe(204)
    expect((await client.leave(front.data['token'])).status).toBe(204)
    expect(await client.place(front.data['token'])).toMatchObject({ code: 'QUEUE_TOKEN_INVALID' })
    await eventually(async () => {
      expect((await client.place(next.data['token'])).data['status']).toBe('ACTIVE')
    })
    expect((await client.join(scheduleId, 'front')).data).toMatchObject({
      status: 'WAITING',
      queuePosition: 1,
    })
  })

  test('is stored nowhere in its own form', async () => {
    const scheduleId = await scheduleWithRoomFor(1)
    const { data } = await client.join(scheduleId, 'secretive')
    const token = String(data['token'])
    const { rows } = await queue.ctx.pool.query<{ text: string }>(
      'SELECT t::text AS text FROM queue_tokens t',
    )
    expect(rows.some((row) => row.text.includes(token))).toBe(false)
    const redis = new Redis(environment.redisUrl)
    const records = Object.values(await redis.hgetall(`queue:{${scheduleId}}:tokens`))
    expect([...records, ...(await redis.keys('*'))].some((text) => text.includes(token))).toBe(false)
    redis.disconnect()
  })
})

describe('a waiting room', () => {
  test('that is paused lets nobody in, and goes on by itself when resumed', async () => {
    const scheduleId = await scheduleWithRoomFor(3, { paused: true })
    const { data } = await client.join(scheduleId, 'patient')
    expect(data['status']).toBe('WAITING')
    await eventually(async () => {
      const line = await client.call('GET', `/queue/schedules/${scheduleId}/now-serving`)
      expect(line.data).toMatchObject({ scheduleId, paused: true, waiting: 1, nowServing: 0 })
    })
    await client.steer(scheduleId, { paused: false })
    await eventually(async () => expect((await client.place(data['token'])).data['status']).toBe('ACTIVE'))
  })

  test('that is turned off lets in everybody who joins', async () => {
    const scheduleId = await scheduleWithRoomFor(null)
    const answers = await Promise.all(['a', 'b', 'c'].map((user) => client.join(scheduleId, user)))
    expect(answers.map((answer) => answer.data['status'])).toEqual(['ACTIVE', 'ACTIVE', 'ACTIVE'])
  })
})

describe('an admin who watches', () => {
  test('sees how many were ever let in, also those who have left', async () => {
    const scheduleId = await scheduleWithRoomFor(2)
    const admitted = async (): Promise<unknown> => {
      const { data } = await client.call('GET', `/admin/queues/${scheduleId}`, { user: 'boss', admin: true })
      return data['admitted']
    }
    expect(await admitted()).toBe(0)
    const tokens = await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (user) => (await client.join(scheduleId, user)).data['token']),
    )
    expect(await admitted()).toBe(2)
    for (const token of tokens) await client.leave(token)
    await Promise.all(['e', 'f'].map((user) => client.join(scheduleId, user)))
    await eventually(async () => {
      const { data } = await client.call('GET', `/admin/queues/${scheduleId}`, { user: 'boss', admin: true })
      expect(data).toMatchObject({ waiting: 0, active: 2 })
    })
    const { rows } = await queue.ctx.pool.query<{ admissions: number }>(
      `SELECT count(*) AS admissions FROM queue_tokens WHERE schedule_id = $1 AND activated_at IS NOT NULL`,
      [scheduleId],
    )
    expect(await admitted()).toBe(rows[0]?.admissions)
    // A process that has counted nothing before comes to the same.
    const { pool: db, logger } = queue.ctx
    const anew = new AdmissionCounts({ db, logger })
    const looks = [anew.of(scheduleId), anew.of(scheduleId)]
    expect(await Promise.all(looks)).toEqual([rows[0]?.admissions, rows[0]?.admissions])
  })

  test('a long log is counted in slices, once for all who look, and goes on where it failed', async () => {
    const scheduleId = await scheduleWithRoomFor(10)
    for (const user of ['a', 'b', 'c', 'd', 'e']) await client.join(scheduleId, user)
    let asked = 0
    let isAway = false
    const { pool } = queue.ctx
    const db = new Proxy(pool, {
      get: (_pool, name) => {
        const value: unknown = Reflect.get(pool, name)
        if (name !== 'query' || typeof value !== 'function') return value
        return async (...args: unknown[]): Promise<unknown> => {
          asked += 1
          if (isAway || asked === 2) throw Object.assign(new Error('canceled'), { code: '57014' })
          return Reflect.apply(value, pool, args)
        }
      },
    })
    const counts = new AdmissionCounts({ db, logger: queue.ctx.logger, slice: 2 })
    expect(await Promise.all([counts.of(scheduleId), counts.of(scheduleId)])).toEqual([null, null])
    expect(asked).toBe(2)
    expect(await counts.of(scheduleId)).toBe(5)
    // The first slice was kept, so two more came to the end.
    expect(asked).toBe(4)
    isAway = true
    expect(await counts.of(scheduleId)).toBe(5)
  })

  test('steers a room once with an Idempotency-Key, and gets the same answer again', async () => {
    const scheduleId = catalog.addSchedule()
    const steer = (key: string, body: object) =>
      client.call('PATCH', `/admin/queues/${scheduleId}`, {
        user: 'boss',
        admin: true,
        body,
        headers: { 'Idempotency-Key': key },
      })
    const first = await steer('console-1', { maxActive: 7, paused: true })
    expect([first.status, first.data]).toMatchObject([200, { scheduleId, maxActive: 7, paused: true }])
    await steer('console-2', { paused: false })
    const again = await steer('console-1', { paused: true, maxActive: 7 })
    expect([again.status, again.data]).toEqual([200, first.data])
    expect(first.headers.get('idempotency-replayed')).toBeNull()
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    const { data } = await client.call('GET', `/admin/queues/${scheduleId}`, { user: 'boss', admin: true })
    expect(data).toMatchObject({ maxActive: 7, paused: false })
    expect(await steer('console-1', { maxActive: 8 })).toMatchObject({
      status: 422,
      code: 'IDEMPOTENCY_KEY_REUSED',
    })
    expect(await steer('a b', { maxActive: 8 })).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
  })

  test('steers a new room once, however often the request comes at the same moment', async () => {
    const scheduleId = catalog.addSchedule()
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        client.call('PATCH', `/admin/queues/${scheduleId}`, {
          user: 'boss',
          admin: true,
          body: { maxActive: 3 },
          headers: { 'Idempotency-Key': 'once' },
        }),
      ),
    )
    expect(new Set(answers.map(({ status, data }) => `${status} ${JSON.stringify(data)}`)).size).toBe(1)
    const { rows } = await queue.ctx.pool.query<{ version: number }>(
      'SELECT version FROM rooms WHERE schedule_id = $1',
      [scheduleId],
    )
    expect([answers[0]?.status, rows]).toEqual([200, [{ version: 2 }]])
  })
})

test('an event stream whose reader left before it could open is not kept', async () => {
  const scheduleId = await scheduleWithRoomFor(1)
  const { data } = await client.join(scheduleId, 'hasty')
  const counts: number[] = []
  const events = { ...queue.ctx.events, streams: (open: number) => void counts.push(open) }
  const streams = new PlaceStreams({ ...queue.ctx, events })
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  const arrived = new Promise<ServerResponse>((resolve) => {
    server.once('request', (_request, response) => resolve(response))
  })
  const abort = new AbortController()
  const left = fetch(`http://127.0.0.1:${address.port}`, { signal: abort.signal }).catch(() => 'left')
  const response = await arrived
  const closed = once(response, 'close')
  abort.abort()
  await closed
  expect(await left).toBe('left')
  try {
    await streams.open(String(data['token']), undefined, response)
    expect(counts.at(-1) ?? 0).toBe(0)
  } finally {
    streams.close()
    server.close()
  }
})
