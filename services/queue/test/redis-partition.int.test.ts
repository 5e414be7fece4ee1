import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment, OUTAGE_DEADLINES } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import type { RunningQueue } from '../src/start.ts'
import { findBrokenLimits, notedSequences } from './admission-rows.ts'
import { extendByToken } from './extend-by-token.ts'
import { Fans } from './fans.ts'
import { CuttableProxy, LosableRedis } from './losable-redis.ts'
import { expectMirrored } from './mirrored-room.ts'
import { QueueClient, startCatalog, startQueueService } from './queue-under-test.ts'
import type { Answer, StandInCatalog } from './queue-under-test.ts'

const GONE = 'QUEUE_TOKEN_INVALID'

let redis: LosableRedis
let proxy: CuttableProxy
let environment: TestEnvironment
let catalog: StandInCatalog
/** The instance that keeps Redis. */
let steady: RunningQueue
/** The instance that loses Redis while the other one keeps it. */
let cutOff: RunningQueue
let steadyClient: QueueClient
let cutOffClient: QueueClient

beforeAll(async () => {
  redis = await LosableRedis.start()
  proxy = await CuttableProxy.to(redis.port)
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  const change = { ...OUTAGE_DEADLINES, ADMIT_EVERY_MS: '100', ACTIVE_MS: '20000' }
  steady = await startQueueService(environment, catalog, { ...change, REDIS_URL: redis.url })
  cutOff = await startQueueService(environment, catalog, { ...change, REDIS_URL: proxy.url })
  steadyClient = new QueueClient(steady)
  cutOffClient = new QueueClient(cutOff)
})

afterAll(async () => {
  await Promise.all([steady?.stop(), cutOff?.stop()])
  proxy?.close()
  await redis?.dispose()
  await catalog?.stop()
  await environment?.dispose()
})

async function cut(): Promise<void> {
  proxy.cut()
  await eventually(() => expect(cutOff.ctx.gate.isOpen).toBe(false))
}

async function mend(): Promise<void> {
  proxy.mend()
  await eventually(() => expect(cutOff.ctx.gate.isOpen).toBe(true))
}

async function positions(client: QueueClient, answers: readonly Answer[]): Promise<unknown[]> {
  const places = await Promise.all(answers.map((answer) => client.place(answer.data['token'])))
  return places.map((place) => place.data['queuePosition'] ?? place.code)
}

function mirrored(scheduleId: number): Promise<void> {
  return redis.admin((admin) => expectMirrored({ redis: admin, pool: steady.ctx.pool }, scheduleId))
}

test('people of an instance that loses Redis alone are let in as before, and both instances know it', async () => {
  const scheduleId = catalog.addSchedule()
  await steadyClient.steer(scheduleId, { maxActive: 1 })
  await cut()
  const people: Answer[] = []
  for (const name of ['first', 'second', 'third', 'fourth']) {
    people.push(await cutOffClient.join(scheduleId, name))
  }
  expect(people.map((answer) => answer.status)).toEqual([200, 200, 200, 200])
  expect(await positions(cutOffClient, people)).toEqual([0, 1, 2, 3])
  await cutOffClient.leave(people[1]?.data['token'])
  await cutOffClient.leave(people[0]?.data['token'])
  for (const client of [cutOffClient, steadyClient]) {
    await eventually(async () => expect(await positions(client, people)).toEqual([GONE, GONE, 0, 1]))
  }
  await mirrored(scheduleId)
  await mend()
  expect(await positions(cutOffClient, people)).toEqual([GONE, GONE, 0, 1])
})

test('who joined through an instance that has lost Redis is refused by no other one, not even in the first moment', async () => {
  const scheduleId = catalog.addSchedule()
  await steadyClient.steer(scheduleId, { maxActive: 5, admitPerSecond: 1_000 })
  await cut()
  try {
    for (let person = 0; person < 20; person += 1) {
      const joined = await cutOffClient.join(scheduleId, `person-${person}`)
      const { status, data } = await steadyClient.place(joined.data['token'])
      expect([status, data['status']]).toEqual([200, joined.data['status']])
    }
  } finally {
    await mend()
  }
})

test('what is changed through an instance that has lost Redis holds everywhere a moment later', async () => {
  const scheduleId = catalog.addSchedule()
  await steadyClient.steer(scheduleId, { maxActive: 1 })
  const active = await steadyClient.join(scheduleId, 'active')
  const waits = await steadyClient.join(scheduleId, 'waits')
  expect(await positions(steadyClient, [active, waits])).toEqual([0, 1])
  await cut()
  try {
    const untilMs = Date.parse(String(active.data['expiresAt'])) + 7_000
    expect(await extendByToken(cutOff.ctx, String(active.data['token']), untilMs)).toBe(untilMs)
    const renewed = await cutOffClient.reissue(scheduleId, 'waits')
    expect(renewed.status).toBe(200)
    await eventually(async () => {
      const place = await steadyClient.place(active.data['token'])
      expect(Date.parse(String(place.data['expiresAt']))).toBe(untilMs)
      expect(await positions(steadyClient, [renewed, waits])).toEqual([1, GONE])
    })
    await cutOffClient.steer(scheduleId, { maxActive: 2 })
    await eventually(async () => expect(await positions(steadyClient, [active, renewed])).toEqual([0, 0]))
    await mirrored(scheduleId)
  } finally {
    await mend()
  }
})

test('a crowd over both of them, the one cut off again and again: all places and limits hold', async () => {
  const limits = { maxActive: 6, admitPerSecond: 6 }
  const scheduleId = catalog.addSchedule()
  await steadyClient.steer(scheduleId, limits)
  const fans = new Fans([steadyClient, cutOffClient], scheduleId, { someJustGo: false })
  const arriving = fans.arrive(60, 100)
  const { pool } = steady.ctx
  for (let time = 0; time < 3; time += 1) {
    const { length } = await notedSequences(pool, scheduleId)
    await (time % 2 === 0 ? cut() : mend())
    await eventually(async () =>
      expect((await notedSequences(pool, scheduleId)).length).toBeGreaterThan(length + 8),
    )
  }
  await arriving
  await eventually(() => expect(fans.waiting).toBe(0))
  await fans.stop()
  await mend()
  expect(fans.broken).toEqual([])
  expect(fans.unanswered).toEqual([])
  expect(fans.fans).toHaveLength(60)
  expect(await findBrokenLimits(pool, scheduleId, limits)).toEqual([])
  await mirrored(scheduleId)
})

test('when the last instance that sees Redis ends, the others go on, and the mirror is right when one sees it again', async () => {
  const scheduleId = catalog.addSchedule()
  await steadyClient.steer(scheduleId, { maxActive: 1 })
  const people = [await cutOffClient.join(scheduleId, 'one'), await cutOffClient.join(scheduleId, 'two')]
  await cut()
  await steady.stop()
  await cutOffClient.leave(people[0]?.data['token'])
  await eventually(async () => expect(await positions(cutOffClient, people)).toEqual([GONE, 0]))
  await mend()
  expect(await positions(cutOffClient, people)).toEqual([GONE, 0])
  await redis.admin((admin) => expectMirrored({ redis: admin, pool: cutOff.ctx.pool }, scheduleId))
})
