import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import type { RunningQueue } from '../src/start.ts'
import { findBrokenLimits, notedSequences } from './admission-rows.ts'
import { Fans } from './fans.ts'
import { LosableRedis } from './losable-redis.ts'
import { QueueClient, startCatalog, startQueueService } from './queue-under-test.ts'
import type { StandInCatalog } from './queue-under-test.ts'

const LIMITS = { maxActive: 8, admitPerSecond: 6 }

let redis: LosableRedis
let environment: TestEnvironment
let catalog: StandInCatalog
let queues: RunningQueue[]
let clients: QueueClient[]

beforeAll(async () => {
  redis = await LosableRedis.start()
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  const change = { REDIS_URL: redis.url, ADMIT_EVERY_MS: '100', ACTIVE_MS: '1500' }
  queues = []
  for (let instance = 0; instance < 3; instance += 1) {
    queues.push(await startQueueService(environment, catalog, change))
  }
  clients = queues.map((queue) => new QueueClient(queue))
}, 60_000)

afterAll(async () => {
  await Promise.all((queues ?? []).map((queue) => queue.stop()))
  await redis?.dispose()
  await catalog?.stop()
  await environment?.dispose()
})

function service(): RunningQueue {
  const [found] = queues
  if (found === undefined) throw new Error('no queue service runs')
  return found
}

async function gatesAre(open: boolean): Promise<void> {
  await eventually(
    () => expect(queues.map((queue) => queue.ctx.gate.isOpen)).toEqual(queues.map(() => open)),
    {
      withinMs: 20_000,
    },
  )
}

async function admitted(scheduleId: number): Promise<number> {
  return (await notedSequences(service().ctx.pool, scheduleId)).length
}

/** Waits until so many more people were let in. */
async function moreAreLetIn(scheduleId: number, count: number, withinMs: number): Promise<void> {
  const before = await admitted(scheduleId)
  await eventually(async () => expect(await admitted(scheduleId)).toBeGreaterThanOrEqual(before + count), {
    withinMs,
    everyMs: 50,
  })
}

const losses: [string, { lose: () => Promise<void>; restore: () => Promise<void> }][] = [
  ['is killed', { lose: () => redis.kill(), restore: () => redis.start() }],
  [
    'hangs, and then does all that it was asked meanwhile',
    { lose: async () => redis.hang(), restore: async () => redis.resume() },
  ],
]

/** Expects that no promise was broken, and that everybody who got a place is in the log once, within the limits. */
async function expectAllPromisesKept(scheduleId: number, fans: Fans): Promise<void> {
  expect(fans.broken).toEqual([])
  expect(fans.unanswered).toEqual([])
  const { pool } = service().ctx
  expect(await findBrokenLimits(pool, scheduleId, LIMITS)).toEqual([])
  const noted = await notedSequences(pool, scheduleId)
  expect(noted).toEqual([...new Set(noted)])
  expect(fans.fans.map((fan) => fan.sequence).filter((sequence) => !noted.includes(sequence))).toEqual([])
}

test.each(losses)(
  'while people join and ask over three instances and Redis %s: all places and limits hold, and admission goes on',
  async (_how, { lose, restore }) => {
    await gatesAre(true)
    const scheduleId = catalog.addSchedule()
    await clients[0]?.steer(scheduleId, LIMITS)
    const fans = new Fans(clients, scheduleId, { someJustGo: true })
    const arriving = fans.arrive(70, 100)
    await moreAreLetIn(scheduleId, 8, 5_000)
    await lose()
    await gatesAre(false)
    await moreAreLetIn(scheduleId, 6, 6_000)
    await restore()
    await gatesAre(true)
    await moreAreLetIn(scheduleId, 6, 6_000)
    await arriving
    await eventually(() => expect(fans.waiting).toBe(0), { withinMs: 20_000, everyMs: 100 })
    await fans.stop()

    await expectAllPromisesKept(scheduleId, fans)
    expect(fans.fans.length).toBeGreaterThan(60)
  },
  60_000,
)

test('while people join and ask over three instances and Redis is emptied again and again: all places and limits hold', async () => {
  await gatesAre(true)
  const scheduleId = catalog.addSchedule()
  await clients[0]?.steer(scheduleId, LIMITS)
  const fans = new Fans(clients, scheduleId, { someJustGo: true })
  const arriving = fans.arrive(60, 100)
  for (let time = 0; time < 4; time += 1) {
    await moreAreLetIn(scheduleId, 4, 6_000)
    await redis.admin((admin) => admin.flushall())
  }
  await arriving
  await eventually(() => expect(fans.waiting).toBe(0), { withinMs: 20_000, everyMs: 100 })
  await fans.stop()
  await expectAllPromisesKept(scheduleId, fans)
}, 60_000)
