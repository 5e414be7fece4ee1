import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { createAdmissionMemory, admitInPostgres } from '../src/admit-in-postgres.ts'
import type { RunningQueue } from '../src/start.ts'
import { findBrokenLimits, notedSequences } from './admission-rows.ts'
import { extendByToken } from './extend-by-token.ts'
import { Fans } from './fans.ts'
import { CuttableProxy, LosableRedis } from './losable-redis.ts'
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
  const change = { ADMIT_EVERY_MS: '100', ACTIVE_MS: '20000' }
  steady = await startQueueService(environment, catalog, { ...change, REDIS_URL: redis.url })
  cutOff = await startQueueService(environment, catalog, { ...change, REDIS_URL: proxy.url })
  steadyClient = new QueueClient(steady)
  cutOffClient = new QueueClient(cutOff)
}, 60_000)

afterAll(async () => {
  await Promise.all([steady?.stop(), cutOff?.stop()])
  proxy?.close()
  await redis?.dispose()
  await catalog?.stop()
  await environment?.dispose()
})

async function cut(): Promise<void> {
  proxy.cut()
  await eventually(() => expect(cutOff.ctx.rooms.isOpen).toBe(false))
}

async function mend(): Promise<void> {
  proxy.mend()
  await eventually(() => expect(cutOff.ctx.rooms.isOpen).toBe(true))
}

async function lease(): Promise<{ generation: number; takenOver: boolean } | undefined> {
  const { rows } = await cutOff.ctx.pool.query<{ generation: number; takenOver: boolean }>(
    `SELECT generation, taken_over_at IS NOT NULL AS "takenOver" FROM redis_lease`,
  )
  return rows[0]
}

async function positions(client: QueueClient, answers: readonly Answer[]): Promise<unknown[]> {
  const places = await Promise.all(answers.map((answer) => client.place(answer.data['token'])))
  return places.map((place) => place.data['queuePosition'] ?? place.code)
}

test('an instance that loses Redis alone lets nobody in itself, and its people are let in by the other one', async () => {
  const scheduleId = catalog.addSchedule()
  await steadyClient.steer(scheduleId, { maxActive: 1 })
  const before = await lease()
  await cut()
  const people: Answer[] = []
  for (const name of ['first', 'second', 'third', 'fourth']) {
    people.push(await cutOffClient.join(scheduleId, name))
  }
  expect(people.map((answer) => answer.status)).toEqual([200, 200, 200, 200])
  // Nobody asks through the steady instance, which has to hear of these people from the other one.
  await eventually(async () => expect(await positions(cutOffClient, people)).toEqual([0, 1, 2, 3]))
  await cutOffClient.leave(people[1]?.data['token'])
  await cutOffClient.leave(people[0]?.data['token'])
  await eventually(async () => expect(await positions(cutOffClient, people)).toEqual([GONE, GONE, 0, 1]))
  // A round that is started by the test admits nobody either, since the other instance holds the lease.
  await admitInPostgres(cutOff.ctx, createAdmissionMemory(), new AbortController().signal)
  expect(await lease()).toEqual({ ...before, takenOver: false })
  expect(await positions(steadyClient, people)).toEqual([GONE, GONE, 0, 1])
  await mend()
  expect(await positions(cutOffClient, people)).toEqual([GONE, GONE, 0, 1])
  expect(await lease()).toEqual({ ...before, takenOver: false })
}, 40_000)

test('what is changed through an instance that has lost Redis holds everywhere a moment later', async () => {
  const scheduleId = catalog.addSchedule()
  await steadyClient.steer(scheduleId, { maxActive: 1 })
  const active = await steadyClient.join(scheduleId, 'active')
  const waits = await steadyClient.join(scheduleId, 'waits')
  expect(await positions(steadyClient, [active, waits])).toEqual([0, 1])
  await steady.ctx.changes.flush()
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
  } finally {
    await mend()
  }
}, 40_000)

test('a crowd over both of them, the one cut off again and again: all places and limits hold', async () => {
  const limits = { maxActive: 6, admitPerSecond: 6 }
  const scheduleId = catalog.addSchedule()
  await steadyClient.steer(scheduleId, limits)
  const before = await lease()
  const fans = new Fans([steadyClient, cutOffClient], scheduleId, { someJustGo: false })
  const arriving = fans.arrive('both', 60, 100)
  const { pool } = steady.ctx
  for (let time = 0; time < 3; time += 1) {
    const { length } = await notedSequences(pool, scheduleId)
    await (time % 2 === 0 ? cut() : mend())
    await eventually(async () =>
      expect((await notedSequences(pool, scheduleId)).length).toBeGreaterThan(length + 8),
    )
  }
  await arriving
  await eventually(() => expect(fans.waiting).toBe(0), { withinMs: 20_000 })
  await fans.stop()
  await mend()
  expect(fans.broken).toEqual([])
  expect(fans.unanswered).toBe(0)
  for (const { ctx } of [steady, cutOff]) await ctx.changes.flush()
  expect(await findBrokenLimits(pool, scheduleId, limits)).toEqual([])
  expect(await lease()).toEqual({ ...before, takenOver: false })
}, 60_000)

test('an instance that stood still while PostgreSQL took over believes its rooms no more, and lets nobody in through them', async () => {
  const scheduleId = catalog.addSchedule()
  await steadyClient.steer(scheduleId, { maxActive: 1 })
  const people = [await steadyClient.join(scheduleId, 'one'), await steadyClient.join(scheduleId, 'two')]
  await eventually(async () => expect(await positions(steadyClient, people)).toEqual([0, 1]))
  for (const { ctx } of [steady, cutOff]) await ctx.changes.flush()
  const before = await lease()
  // As if all instances had been still for long: nobody kept the lease, and one of them let somebody in from PostgreSQL.
  await steady.ctx.pool.query(
    `UPDATE redis_lease SET generation = generation + 1, taken_over_at = now(), held_until = now()`,
  )
  await steady.ctx.pool.query(
    `UPDATE queue_tokens SET status = 'LEFT', ended_at = now() WHERE schedule_id = $1 AND user_id = 'one'`,
    [scheduleId],
  )
  await eventually(async () => {
    expect(await lease()).toEqual({ generation: (before?.generation ?? 0) + 1, takenOver: false })
    for (const client of [steadyClient, cutOffClient])
      expect(await positions(client, people)).toEqual([GONE, 0])
  })
}, 40_000)

test('when the last instance that sees Redis ends, the others let people in from PostgreSQL', async () => {
  const scheduleId = catalog.addSchedule()
  await steadyClient.steer(scheduleId, { maxActive: 1 })
  const people = [await cutOffClient.join(scheduleId, 'one'), await cutOffClient.join(scheduleId, 'two')]
  const before = await lease()
  await cut()
  await steady.stop()
  await cutOffClient.leave(people[0]?.data['token'])
  await eventually(async () => expect(await positions(cutOffClient, people)).toEqual([GONE, 0]))
  expect(await lease()).toEqual({ generation: (before?.generation ?? 0) + 1, takenOver: true })
  // Nobody counts as having entered PostgreSQL's room before the takeover, so nobody was passed over there.
  const { rows } = await cutOff.ctx.pool.query(
    `SELECT u.entered_at >= date_trunc('milliseconds', l.taken_over_at) AND u.entered_at <= u.admitted_at AS "enteredThen"
     FROM redis_lease l, (SELECT * FROM unlogged_admissions UNION ALL
                          SELECT schedule_id, sequence, entered_at, admitted_at, active, max_active, admit_per_second
                          FROM admissions) u
     WHERE u.schedule_id = $1 AND u.sequence = $2`,
    [scheduleId, people[1]?.data['sequence']],
  )
  expect(rows).toEqual([{ enteredThen: true }])
  await mend()
  expect(await positions(cutOffClient, people)).toEqual([GONE, 0])
}, 40_000)
