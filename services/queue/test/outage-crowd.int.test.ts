import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createPool } from '@frontrow/postgres/pool'
import type { Pool } from '@frontrow/postgres/pool'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment, OUTAGE_DEADLINES } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { findBrokenLimits, notedSequences } from './admission-rows.ts'
import { Fans } from './fans.ts'
import type { Unanswered } from './fans.ts'
import { LosablePostgres } from './losable-postgres.ts'
import { LosableRedis } from './losable-redis.ts'
import { expectMirrored } from './mirrored-room.ts'
import { startQueueInstances, steer } from './queue-instances.ts'
import type { QueueInstances } from './queue-instances.ts'
import { startCatalog } from './queue-under-test.ts'
import type { StandInCatalog } from './queue-under-test.ts'

const LIMITS = { maxActive: 12, admitPerSecond: 10 }
// With the restart of the servers less than a place lasts, so that nobody who was let in a moment before misses the whole of it.
const AWAY_MS = 1_500

let redis: LosableRedis
let postgres: LosablePostgres
let environment: TestEnvironment
let catalog: StandInCatalog
let queues: QueueInstances
let pool: Pool

beforeAll(async () => {
  ;[redis, postgres] = await Promise.all([LosableRedis.start(), LosablePostgres.start()])
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  queues = await startQueueInstances(environment, catalog, {
    ...OUTAGE_DEADLINES,
    REDIS_URL: redis.url,
    DATABASE_URL: postgres.url,
    ADMIT_EVERY_MS: '100',
    ACTIVE_MS: '6000',
  })
  pool = createPool({
    url: postgres.url,
    applicationName: 'queue-test',
    max: 2,
    statementTimeoutMs: 5_000,
    onError: () => undefined,
  })
})

afterAll(async () => {
  await pool?.end()
  await queues?.stop()
  await redis?.dispose()
  await postgres?.dispose()
  await catalog?.stop()
  await environment?.dispose()
})

async function gatesAre(open: boolean): Promise<void> {
  await eventually(() =>
    expect(queues.all.map(({ ctx }) => ctx.gate.isOpen)).toEqual(queues.all.map(() => open)),
  )
}

/** Waits until so many more people were let in. */
async function moreAreLetIn(scheduleId: number, count: number): Promise<void> {
  const before = (await notedSequences(pool, scheduleId)).length
  await eventually(
    async () =>
      expect((await notedSequences(pool, scheduleId)).length).toBeGreaterThanOrEqual(before + count),
    { everyMs: 50 },
  )
}

/** Waits until everybody has been seen in. A broken promise is shown with those who still wait, whom it may explain. */
async function allAreLetIn(fans: Fans): Promise<void> {
  await eventually(
    () => expect({ waiting: fans.waiting, broken: fans.broken }).toEqual({ waiting: 0, broken: [] }),
    { everyMs: 100 },
  )
}

interface Loss {
  lose: () => Promise<void>
  restore: () => Promise<void>
  /** Whether people are let in while it lasts. */
  admits: boolean
  /** Whether a 503 was in order; none is by default. `lostAtMs`: when the loss began. */
  mayNotAnswer?: (unanswered: Unanswered, lostAtMs: number) => boolean
}

/** While PostgreSQL is away nobody can say more of a place than the mirror had heard of it, and of one whose time is over. */
const isUnknownToMirror = ({ what, fan, atMs }: Unanswered, lostAtMs: number): boolean =>
  what !== 'poll' ||
  fan === undefined ||
  fan.joinedAt > lostAtMs - 1_500 ||
  (fan.activeUntil > 0 && fan.activeUntil <= atMs)

const losses: [string, Loss][] = [
  [
    'Redis is killed and comes back empty',
    { admits: true, lose: () => redis.kill(), restore: () => redis.startEmpty() },
  ],
  [
    'Redis is killed and comes back without its last seconds',
    { admits: true, lose: () => redis.kill(), restore: () => redis.startWithNotedData() },
  ],
  [
    'Redis hangs, and then does all that it was asked meanwhile',
    { admits: true, lose: async () => redis.hang(), restore: async () => redis.resume() },
  ],
  [
    'PostgreSQL is killed',
    {
      admits: false,
      lose: () => postgres.kill(),
      restore: () => postgres.start(),
      mayNotAnswer: isUnknownToMirror,
    },
  ],
  [
    'Redis and then PostgreSQL are killed',
    {
      admits: false,
      lose: async () => {
        await redis.kill()
        await postgres.kill()
      },
      restore: async () => {
        await Promise.all([postgres.start(), redis.startEmpty()])
      },
      mayNotAnswer: () => true,
    },
  ],
  [
    'PostgreSQL and then Redis are killed, and Redis comes back first, without its last seconds',
    {
      admits: false,
      lose: async () => {
        await postgres.kill()
        await redis.kill()
      },
      restore: async () => {
        await redis.startWithNotedData()
        await postgres.start()
      },
      mayNotAnswer: () => true,
    },
  ],
]

/** Expects that no promise was broken, and that everybody who got a place is in the log once, within the limits. */
async function expectAllPromisesKept(scheduleId: number, fans: Fans): Promise<void> {
  expect(fans.broken).toEqual([])
  expect(await findBrokenLimits(pool, scheduleId, LIMITS)).toEqual([])
  const noted = await notedSequences(pool, scheduleId)
  expect(noted).toEqual([...new Set(noted)])
  expect(fans.fans.map((fan) => fan.sequence).filter((sequence) => !noted.includes(sequence))).toEqual([])
  await redis.admin((admin) => expectMirrored({ redis: admin, pool }, scheduleId))
}

test.each(losses)(
  'while people join and ask over three instances and %s: all places and limits hold, and admission goes on',
  async (_how, { lose, restore, admits, mayNotAnswer = () => false }) => {
    await gatesAre(true)
    const scheduleId = catalog.addSchedule()
    await steer(queues.at(0), scheduleId, LIMITS)
    const fans = new Fans(
      queues.all.map(({ client }) => client),
      scheduleId,
      { someJustGo: true },
    )
    const arriving = fans.arrive(50, 60)
    await moreAreLetIn(scheduleId, 4)
    redis.noteData()
    await moreAreLetIn(scheduleId, 4)
    const lostAtMs = Date.now()
    await lose()
    if (admits) await moreAreLetIn(scheduleId, 6)
    else await eventually(() => expect(Date.now()).toBeGreaterThan(lostAtMs + AWAY_MS))
    await restore()
    await gatesAre(true)
    await moreAreLetIn(scheduleId, 6)
    await arriving
    await allAreLetIn(fans)
    await fans.stop()

    await expectAllPromisesKept(scheduleId, fans)
    expect(fans.fans).toHaveLength(50)
    expect(fans.unanswered.filter((one) => !mayNotAnswer(one, lostAtMs))).toEqual([])
  },
)

test('while people join and ask over three instances and Redis is emptied again and again: all places and limits hold', async () => {
  await gatesAre(true)
  const scheduleId = catalog.addSchedule()
  await steer(queues.at(0), scheduleId, LIMITS)
  const fans = new Fans(
    queues.all.map(({ client }) => client),
    scheduleId,
    { someJustGo: true },
  )
  const arriving = fans.arrive(50, 60)
  for (let time = 0; time < 4; time += 1) {
    await moreAreLetIn(scheduleId, 4)
    await redis.admin((admin) => admin.flushall())
  }
  await arriving
  await allAreLetIn(fans)
  await fans.stop()
  await expectAllPromisesKept(scheduleId, fans)
  expect(fans.unanswered).toEqual([])
})
