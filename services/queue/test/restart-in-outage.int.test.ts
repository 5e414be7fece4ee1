import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment, OUTAGE_DEADLINES } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { z } from 'zod'
import type { RunningQueue } from '../src/start.ts'
import { LosablePostgres } from './losable-postgres.ts'
import { placeOf } from './queue-instances.ts'
import type { SeenPlace } from './queue-instances.ts'
import { QueueClient, startCatalog, startQueueService } from './queue-under-test.ts'
import type { StandInCatalog } from './queue-under-test.ts'

const SHOW_UP_MS = 3_000

let postgres: LosablePostgres
let environment: TestEnvironment
let catalog: StandInCatalog
const started: RunningQueue[] = []

beforeAll(async () => {
  postgres = await LosablePostgres.start()
  environment = await createTestEnvironment()
  catalog = await startCatalog()
})

afterAll(async () => {
  await Promise.all(started.map((queue) => queue.stop()))
  await catalog?.stop()
  await postgres?.dispose()
  await environment?.dispose()
})

async function start(
  catalogAddress = catalog.address,
): Promise<{ queue: RunningQueue; client: QueueClient }> {
  const queue = await startQueueService(
    environment,
    { ...catalog, address: catalogAddress },
    {
      ...OUTAGE_DEADLINES,
      DATABASE_URL: postgres.url,
      ADMIT_EVERY_MS: '100',
      SHOW_UP_MS: String(SHOW_UP_MS),
    },
  )
  started.push(queue)
  return { queue, client: new QueueClient(queue) }
}

async function join(client: QueueClient, scheduleId: number, users: string[]): Promise<SeenPlace[]> {
  const places: SeenPlace[] = []
  for (const user of users) places.push(placeOf(await client.join(scheduleId, user)))
  return places
}

test('an instance that starts while PostgreSQL and the catalog are away answers where people stand', async () => {
  const scheduleId = catalog.addSchedule()
  const { client } = await start()
  await client.steer(scheduleId, { maxActive: 1 })
  const people = await join(client, scheduleId, ['in', 'first', 'second'])
  await postgres.kill()
  const { client: later } = await start('127.0.0.1:1')
  for (const [position, { token, sequence }] of people.entries()) {
    expect(placeOf(await later.place(token))).toMatchObject({ sequence, queuePosition: position })
  }
  const line = await later.call('GET', `/queue/schedules/${scheduleId}/now-serving`)
  expect(line).toMatchObject({ status: 200, data: { waiting: 2 } })
  await postgres.start()
})

test('who shows up while PostgreSQL is away keeps the place also where the instance that saw it ends', async () => {
  const scheduleId = catalog.addSchedule()
  const { queue, client } = await start()
  await client.steer(scheduleId, { maxActive: 2, admitPerSecond: 100 })
  const [seen, silent, next] = await join(client, scheduleId, ['seen', 'silent', 'next'])
  await postgres.kill()
  expect((await client.place(seen?.token)).status).toBe(200)
  const lostAtMs = Date.now()
  // Every other process of these tests ends too, so that none of them remembers whom it saw.
  await Promise.all(started.splice(0).map((running) => running.stop()))
  expect(queue.ctx.gate.isOpen).toBe(false)
  await delay(Math.max(0, lostAtMs + SHOW_UP_MS + 200 - Date.now()))
  await postgres.start()
  const { client: later } = await start()
  await eventually(async () => expect(placeOf(await later.place(next?.token)).status).toBe('ACTIVE'))
  expect(placeOf(await later.place(seen?.token)).status).toBe('ACTIVE')
  expect(await later.place(silent?.token)).toMatchObject({ status: 401 })
  const log = await later.call('GET', `/queue/schedules/${scheduleId}/fairness?from=1`)
  const ends = z
    .object({ entries: z.array(z.object({ kind: z.string(), sequence: z.int() })) })
    .parse(log.data)
  expect(ends.entries.filter(({ kind }) => kind === 'NO_SHOW')).toMatchObject([
    { sequence: silent?.sequence },
  ])
})
