import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Pool } from '@frontrow/postgres/pool'
import { isRefusal } from '@frontrow/proto/refusals'
import { freePorts } from '@frontrow/local-stack/ports'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { findBrokenLimits, notedSequences } from './admission-rows.ts'
import { startQueueInstances } from './queue-instances.ts'
import type { QueueInstances } from './queue-instances.ts'
import { startCatalog } from './queue-under-test.ts'
import type { Answer, QueueClient, StandInCatalog } from './queue-under-test.ts'

const ACTIVE_MS = 3_000
const GONE = 'QUEUE_TOKEN_INVALID'

let environment: TestEnvironment
let catalog: StandInCatalog
let queues: QueueInstances

// No instance has Redis in these tests.
beforeAll(async () => {
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  const [nowhere] = await freePorts(1)
  const change = {
    REDIS_URL: `redis://127.0.0.1:${nowhere}`,
    ADMIT_EVERY_MS: '50',
    ACTIVE_MS: String(ACTIVE_MS),
    WAITING_MAX: '150',
  }
  queues = await startQueueInstances(environment, catalog, change, { usesRedis: false })
})

afterAll(async () => {
  await queues?.stop()
  await catalog?.stop()
  await environment?.dispose()
})

const client = (index = 0): QueueClient => queues.at(index).client
const database = (): Pool => queues.at(0).ctx.pool

async function crowd(scheduleId: number, size: number): Promise<Answer[]> {
  const answers: Answer[] = []
  for (let index = 0; index < size; index += 1) {
    answers.push(await client(index).join(scheduleId, `person-${scheduleId}-${index}`))
  }
  expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200))
  return answers
}

async function positions(answers: readonly Answer[]): Promise<unknown[]> {
  const places = await Promise.all(answers.map((answer, index) => client(index).place(answer.data['token'])))
  return places.map((place) => place.data['queuePosition'] ?? place.code)
}

test('three instances let people in in their order, never past maxActive or admitPerSecond, and write it down', async () => {
  const people = 90
  const limits = { maxActive: 20, admitPerSecond: 15 }
  const scheduleId = catalog.addSchedule()
  await client().steer(scheduleId, { ...limits, paused: true })
  const joined = await Promise.all(
    Array.from({ length: people }, (_none, index) => client(index).join(scheduleId, `person-${index}`)),
  )
  await client(1).steer(scheduleId, { paused: false })
  const pool = database()
  await eventually(
    async () => {
      const left = await client(2).call('GET', `/admin/queues/${scheduleId}`, { user: 'boss', admin: true })
      expect(left.data).toMatchObject({ waiting: 0 })
      expect(await notedSequences(pool, scheduleId)).toHaveLength(people)
    },
    { everyMs: 200 },
  )
  expect(await findBrokenLimits(pool, scheduleId, limits)).toEqual([])
  const { rows } = await pool.query<{ sequence: number }>(
    'SELECT sequence FROM queue_tokens WHERE schedule_id = $1 ORDER BY activated_at, sequence',
    [scheduleId],
  )
  const sequences = joined.map((answer) => Number(answer.data['sequence'])).toSorted((a, b) => a - b)
  expect(rows.map((row) => row.sequence)).toEqual(sequences)
  expect(await notedSequences(pool, scheduleId)).toEqual(sequences)
  await eventually(async () => {
    const log = await client().call('GET', `/queue/schedules/${scheduleId}/fairness`)
    expect(log.data['log']).toMatchObject({ length: people })
  })
})

test('a place that is left or runs out goes to the next one', async () => {
  const scheduleId = catalog.addSchedule()
  await client().steer(scheduleId, { maxActive: 1 })
  const answers = await crowd(scheduleId, 4)
  await eventually(async () => expect(await positions(answers)).toEqual([0, 1, 2, 3]))
  await client(1).leave(answers[0]?.data['token'])
  await eventually(async () => expect(await positions(answers)).toEqual([GONE, 0, 1, 2]))
  await client(2).leave(answers[2]?.data['token'])
  // The positions are exact in spite of the gap that the leaver made; then the second place runs out.
  await eventually(async () => expect(await positions(answers)).toEqual([GONE, 0, GONE, 1]))
  await eventually(async () => expect(await positions(answers)).toEqual([GONE, GONE, GONE, 0]))
  const { rows } = await database().query(
    'SELECT status FROM queue_tokens WHERE schedule_id = $1 ORDER BY sequence',
    [scheduleId],
  )
  expect(rows.map((row) => row.status)).toEqual(['LEFT', 'EXPIRED', 'LEFT', 'ACTIVE'])
})

test('a room whose waiting room is off lets everybody in; a paused one nobody', async () => {
  const scheduleId = catalog.addSchedule()
  await client().steer(scheduleId, { maxActive: null, admitPerSecond: 1, paused: true })
  const answers = await crowd(scheduleId, 12)
  // Rounds have been made by now, since they have served the other room.
  const other = catalog.addSchedule()
  await client().steer(other, { maxActive: 1 })
  const [served] = await crowd(other, 1)
  await eventually(async () => expect(await positions(served === undefined ? [] : [served])).toEqual([0]))
  expect((await notedSequences(database(), scheduleId)).length).toBe(0)
  await client().steer(scheduleId, { paused: false })
  await eventually(async () => expect(await positions(answers)).toEqual(answers.map(() => 0)))
})

test('those who come early are drawn and let in at the opening, and not before', async () => {
  const scheduleId = catalog.addEarlySchedule()
  await client().steer(scheduleId, { maxActive: 100, admitPerSecond: 1_000 })
  const early = await crowd(scheduleId, 10)
  expect(early.map((answer) => answer.data['status'])).toEqual(early.map(() => 'WAITING'))
  catalog.open(scheduleId)
  await eventually(async () => expect(await positions(early)).toEqual(early.map(() => 0)))
  const { rows } = await database().query<{ sequence: number; early: boolean }>(
    `SELECT t.sequence, t.activated_at < r.drawn_at AS early FROM queue_tokens t JOIN rooms r USING (schedule_id)
     WHERE schedule_id = $1 ORDER BY sequence`,
    [scheduleId],
  )
  expect(rows).toEqual(early.map((_answer, index) => ({ sequence: 11 + index, early: false })))
})

test('the places of those who still wait end when the on-sale is over', async () => {
  const scheduleId = catalog.addSchedule()
  await client().steer(scheduleId, { maxActive: 1 })
  const answers = await crowd(scheduleId, 3)
  const schedule = catalog.schedules.get(scheduleId)
  catalog.schedules.set(scheduleId, { ...schedule, status: 'CANCELLED' })
  await eventually(async () => expect((await positions(answers)).slice(1)).toEqual([GONE, GONE]))
})

test('a full room refuses everybody past its limit, also where they join through all instances at once', async () => {
  const scheduleId = catalog.addSchedule()
  await client().steer(scheduleId, { maxActive: 1, paused: true })
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_none, index) => client(index).join(scheduleId, `many-${index}`)),
  )
  const refused = answers.filter((answer) => answer.status !== 200)
  expect(refused.map((answer) => answer.code)).toEqual(refused.map(() => 'QUEUE_FULL'))
  const { rows } = await database().query<{ waiting: number }>(
    `SELECT count(*) AS waiting FROM queue_tokens WHERE schedule_id = $1 AND status = 'WAITING'`,
    [scheduleId],
  )
  expect(rows[0]?.waiting).toBe(answers.length - refused.length)
  expect(rows[0]?.waiting).toBeLessThanOrEqual(150)
})

test('VerifyToken answers exactly; a hold moves the deadline of its place, and its payment ends it', async () => {
  const scheduleId = catalog.addSchedule()
  await client().steer(scheduleId, { maxActive: 1 })
  const answers = await crowd(scheduleId, 2)
  await eventually(async () => expect(await positions(answers)).toEqual([0, 1]))
  const [active = '', waits = ''] = answers.map((answer) => String(answer.data['token']))
  const instance = queues.at(0)
  const codeOf = async (call: Promise<unknown>): Promise<string> =>
    call.then(
      () => 'none',
      (error: unknown) => (isRefusal(error) ? error.code : String(error)),
    )
  const place = await client().place(active)
  const expiresAtMs = Date.parse(String(place.data['expiresAt']))
  expect(await instance.verify({ token: active, scheduleId })).toMatchObject({ activeUntilMs: expiresAtMs })
  expect(await codeOf(instance.verify({ token: active, scheduleId: scheduleId + 1 }))).toBe(GONE)
  expect(await codeOf(instance.verify({ token: active, scheduleId, userId: 'somebody' }))).toBe(GONE)
  expect(await codeOf(instance.verify({ token: waits, scheduleId }))).toBe('QUEUE_TOKEN_NOT_ACTIVE')
  expect(await instance.extend(active, expiresAtMs - 1_000)).toBe(expiresAtMs)
  expect(await instance.extend(active, expiresAtMs + 500)).toBe(expiresAtMs + 500)
  expect((await instance.verify({ token: active })).activeUntilMs).toBe(expiresAtMs + 500)
  // The next one is let in when the extended time is over, and not before.
  await eventually(async () => expect((await instance.verify({ token: waits })).scheduleId).toBe(scheduleId))
  expect(Date.now()).toBeGreaterThanOrEqual(expiresAtMs + 500)
  expect(await codeOf(instance.verify({ token: active, scheduleId }))).toBe(GONE)
  const ended = Number(place.data['sequence'])
  const { notes } = instance.ctx
  expect(
    await notes.add(scheduleId, { kind: 'EXTENDED', sequence: ended, untilMs: Date.now() + 60_000 }),
  ).toBeNull()
  expect(await codeOf(instance.verify({ token: active, scheduleId }))).toBe(GONE)
  const { sequence } = await instance.verify({ token: waits })
  await notes.add(scheduleId, { kind: 'USED', sequence })
  expect(await codeOf(instance.verify({ token: waits }))).toBe(GONE)
  const { rows } = await database().query(
    'SELECT status FROM queue_tokens WHERE schedule_id = $1 ORDER BY sequence',
    [scheduleId],
  )
  expect(rows.map((row) => row.status)).toEqual(['EXPIRED', 'USED'])
})
