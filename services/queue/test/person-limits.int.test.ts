import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import type { RunningQueue } from '../src/start.ts'
import { QueueClient, startCatalog, startQueueService } from './queue-under-test.ts'
import type { StandInCatalog } from './queue-under-test.ts'

const TRIED = 40
let environment: TestEnvironment
let catalog: StandInCatalog
let queue: RunningQueue
let client: QueueClient
let scheduleId = 0

beforeAll(async () => {
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  queue = await startQueueService(environment, catalog, {
    PERSON_JOINS_PER_MINUTE: '5',
    PERSON_POLLS_PER_MINUTE: '7',
    PERSON_STREAMS_MAX: '2',
  })
  client = new QueueClient(queue)
  scheduleId = catalog.addSchedule()
}, 60_000)

afterAll(async () => {
  await queue?.stop()
  await catalog?.stop()
  await environment?.dispose()
})

/** How many of the requests were not refused for being too many. One comes back in 8 s or more, so half of all is far from what may be. */
async function passed(ask: (number: number) => Promise<{ status: number }>): Promise<number> {
  const statuses = await Promise.all(
    Array.from({ length: TRIED }, async (_, number) => (await ask(number)).status),
  )
  return statuses.filter((status) => status !== 429).length
}

function expectLimit(count: number, limit: number): void {
  expect(count).toBeGreaterThanOrEqual(limit)
  expect(count).toBeLessThan(TRIED / 2)
}

test('a person who has a fresh bearer token for each join is still one person', async () => {
  // Each request signs a token of its own.
  expectLimit(await passed(() => client.join(scheduleId, 'many-tokens')), 5)
  const refused = await client.join(scheduleId, 'many-tokens')
  expect([refused.status, refused.code]).toEqual([429, 'RATE_LIMITED'])
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  expect((await client.join(scheduleId, 'somebody-else')).status).toBe(200)
})

test('a queue token in other letters is still one token', async () => {
  const { data } = await client.join(scheduleId, 'speller')
  const token = String(data['token'])
  const spelled = (number: number): string =>
    Array.from(token, (letter, at) => (((number + 1) >> (at % 6)) & 1 ? letter.toUpperCase() : letter)).join(
      '',
    )
  expectLimit(await passed((number) => client.place(spelled(number))), 7)
})

test('a person has a few streams at once', async () => {
  const { data } = await client.join(scheduleId, 'watcher')
  const headers = { 'queue-token': String(data['token']) }
  const url = `http://127.0.0.1:${queue.ports.http}/api/v1/queue/tokens/me/events`
  const readers = [new AbortController(), new AbortController()]
  for (const { signal } of readers) expect((await fetch(url, { headers, signal })).status).toBe(200)
  const third = await fetch(url, { headers })
  expect([third.status, await third.json()]).toMatchObject([429, { error: { code: 'RATE_LIMITED' } }])
  for (const reader of readers) reader.abort()
})
