import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import type { RunningQueue } from '../src/start.ts'
import { hashToken, newTokenValue } from '../src/places/token-value.ts'
import { expectMirrored } from './mirrored-room.ts'
import { connectStores, QueueClient, startCatalog, startQueueService } from './queue-under-test.ts'
import type { StandInCatalog, Stores } from './queue-under-test.ts'

let environment: TestEnvironment
let catalog: StandInCatalog
let queue: RunningQueue
let stores: Stores
let client: QueueClient

beforeAll(async () => {
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  // Without rounds of admission each change is one that a request or a note makes.
  queue = await startQueueService(environment, catalog, { ADMIT_EVERY_MS: '5000' })
  stores = await connectStores(environment)
  client = new QueueClient(queue)
})

afterAll(async () => {
  await stores?.stop()
  await queue?.stop()
  await catalog?.stop()
  await environment?.dispose()
})

/** Several at once, so that they share a transaction. */
const joinAll = (scheduleId: number, users: readonly string[]) =>
  Promise.all(
    users.map(async (userId) => {
      const { full: tokenHash } = hashToken(newTokenValue(Date.now()))
      const onSale = await queue.ctx.schedules.get(scheduleId)
      return queue.ctx.joins.add(scheduleId, { onSale, userId, tokenHash })
    }),
  )

describe('a process that made a change tells the mirror all of it', () => {
  test('of joins: who is straight in, and who waits', async () => {
    const scheduleId = catalog.addSchedule()
    await client.steer(scheduleId, { maxActive: 3 })
    await client.join(scheduleId, 'first')
    await expectMirrored(stores, scheduleId)
    const joined = await joinAll(scheduleId, ['a', 'b', 'c', 'd'])
    expect(joined.map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE', 'WAITING', 'WAITING'])
    await expectMirrored(stores, scheduleId)
    await joinAll(scheduleId, ['e', 'f'])
    await expectMirrored(stores, scheduleId)
  })

  test('of notes: who was seen, holds, has paid, leaves or has a new token', async () => {
    const scheduleId = catalog.addSchedule()
    await client.steer(scheduleId, { maxActive: 4 })
    const users = ['seen', 'holding', 'paid', 'left', 'waiting']
    const answers = await Promise.all(users.map((user) => client.join(scheduleId, user)))
    const { rows } = await stores.pool.query<{ sequence: number; user: string }>(
      'SELECT sequence, user_id AS "user" FROM queue_tokens WHERE schedule_id = $1',
      [scheduleId],
    )
    const sequenceOf = (user: string) => rows.find((row) => row.user === user)?.sequence ?? 0
    const untilMs = Date.now() + 400_000
    const { notes } = queue.ctx
    const [, , , reissued] = await Promise.all([
      client.place(answers[0]?.data['token']),
      notes.add(scheduleId, { kind: 'EXTENDED', sequence: sequenceOf('holding'), untilMs }),
      notes.add(scheduleId, { kind: 'USED', sequence: sequenceOf('paid') }),
      client.reissue(scheduleId, 'waiting'),
      client.leave(answers[3]?.data['token']),
    ])
    await expectMirrored(stores, scheduleId)
    expect((await client.place(reissued.data['token'])).status).toBe(200)
    expect(await client.place(answers[4]?.data['token'])).toMatchObject({ code: 'QUEUE_TOKEN_INVALID' })
  })
})

test('somebody who has a place and joins again keeps no slot from those who join at the same time', async () => {
  const scheduleId = catalog.addSchedule()
  await client.steer(scheduleId, { maxActive: 3 })
  await client.join(scheduleId, 'again')
  const joined = await joinAll(scheduleId, ['again', 'a', 'b', 'a', 'c'])
  expect(joined.map(({ status }) => status)).toEqual(['EXISTS', 'ACTIVE', 'ACTIVE', 'EXISTS', 'WAITING'])
  expect(joined[4]).toMatchObject({ before: 0, waiting: 1 })
  await expectMirrored(stores, scheduleId)
})

test('who joins again after the time of the place is over gets a new one with a higher sequence, and no sequence is given twice', async () => {
  const scheduleId = catalog.addSchedule()
  await client.steer(scheduleId, { maxActive: 1 })
  await joinAll(scheduleId, ['over'])
  const refused = await joinAll(scheduleId, ['over', 'over'])
  expect(refused).toMatchObject([{ status: 'EXISTS' }, { status: 'EXISTS' }])
  await stores.pool.query(
    `WITH room AS (UPDATE rooms SET version = version + 1 WHERE schedule_id = $1 RETURNING version)
     UPDATE queue_tokens SET activated_at = now() - interval '9 s', active_until = now() - interval '1 s', version = room.version
     FROM room WHERE schedule_id = $1`,
    [scheduleId],
  )
  const joined = await joinAll(scheduleId, ['over', 'over', 'next'])
  expect(joined).toMatchObject([{ status: 'ACTIVE' }, { status: 'EXISTS' }, { status: 'WAITING', before: 0 }])
  const [last] = await joinAll(scheduleId, ['last'])
  expect(last).toMatchObject({ status: 'WAITING', before: 1 })
  const { rows } = await stores.pool.query<{ user: string; sequence: number; status: string }>(
    'SELECT user_id AS "user", sequence, status FROM queue_tokens WHERE schedule_id = $1 ORDER BY sequence',
    [scheduleId],
  )
  expect(rows.map(({ user, status }) => [user, status])).toEqual([
    ['over', 'EXPIRED'],
    ['over', 'ACTIVE'],
    ['next', 'WAITING'],
    ['last', 'WAITING'],
  ])
  const told = [...joined, last].flatMap((one) =>
    one !== undefined && 'sequence' in one ? [one.sequence] : [],
  )
  expect(told).toEqual(rows.slice(1).map(({ sequence }) => sequence))
  expect(new Set(rows.map(({ sequence }) => sequence)).size).toBe(rows.length)
  await expectMirrored(stores, scheduleId)
})
