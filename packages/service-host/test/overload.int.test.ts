import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { pino } from 'pino'
import { createHttpServer } from '../src/http-server.ts'
import type { HttpServer } from '../src/http-server.ts'
import { Overload } from '../src/overload.ts'
import type { Urgency } from '../src/overload.ts'
import { defineRoute } from '../src/route.ts'

const common = {
  tag: 'test',
  summary: 'Test',
  auth: 'none',
  responses: { 200: { description: 'fine' } },
  refusals: [],
} as const
const pollRoute = defineRoute({ ...common, method: 'get', path: '/places/{id}', operationId: 'poll' })
const joinRoute = defineRoute({ ...common, method: 'post', path: '/places', operationId: 'join' })
const payRoute = defineRoute({
  ...common,
  method: 'post',
  path: '/payments/{id}',
  operationId: 'pay',
  movesMoney: true,
})
const steerRoute = defineRoute({
  ...common,
  method: 'get',
  path: '/steer',
  operationId: 'steer',
  auth: 'admin',
})
const jobRoute = defineRoute({
  ...common,
  method: 'get',
  path: '/jobs/{id}',
  operationId: 'job',
  waits: true,
})
const listRoute = defineRoute({ ...common, method: 'get', path: '/concerts', operationId: 'list' })
const streamRoute = defineRoute({
  ...common,
  method: 'get',
  path: '/events',
  operationId: 'events',
  responses: { 200: { description: 'events', contentType: 'text/event-stream' } },
})

const CROWD = 20
let clockMs = 0
/** How long each payment keeps the process busy, on that clock. */
let turnMs = 0
let server: HttpServer
let url = ''
let refused: Urgency[] = []
const held: (() => void)[] = []

/** Stays in work until it is let go. */
const hold = (): Promise<{ status: number }> =>
  new Promise((resolve) => held.push(() => resolve({ status: 200 })))

beforeAll(async () => {
  server = createHttpServer({
    authenticate: () => Promise.resolve({ userId: '1', roles: ['admin'], actsForAnybody: true }),
    logAdminWrites: (_route, _exchange, _caller, handle) => handle(),
    logger: pino({ level: 'silent' }),
    metrics: { observe: () => {} },
    overload: new Overload({
      limitMs: 100,
      now: () => clockMs,
      onRefused: (urgency) => refused.push(urgency),
    }),
  })
  server.handle(pollRoute, hold)
  server.handle(joinRoute, hold)
  server.handle(jobRoute, hold)
  server.handle(listRoute, () => ({ status: 200 }))
  server.handle(payRoute, () => {
    clockMs += turnMs
    return { status: 200 }
  })
  server.handle(steerRoute, () => ({ status: 200 }))
  server.handle(streamRoute, ({ response }) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    response.flushHeaders()
    return undefined
  })
  url = `http://127.0.0.1:${await server.listen('127.0.0.1', 0)}`
})

afterAll(() => server.close(100))

beforeEach(() => {
  refused = []
})

/** Nothing of one test counts in the next: nobody is in work, and long ago. */
afterEach(() => {
  letGo()
  turnMs = 0
  clockMs += 60_000
})

const ask = async (method: string, path: string): Promise<number> => {
  const answer = await fetch(url + path, { method })
  await answer.text()
  return answer.status
}

/** Polls and joins that are in work; each resolves to its status. */
async function crowd(method: string, path: string, count: number): Promise<Promise<number>[]> {
  const before = held.length
  const all = Array.from({ length: count }, () => ask(method, path))
  await eventually(() => expect(held).toHaveLength(before + count))
  return all
}

function letGo(): void {
  for (const release of held.splice(0)) release()
}

/** What is refused when one request of each kind is sent now. What is not refused stays in work until it is let go. */
async function refusedNow(): Promise<string[]> {
  const kinds = {
    poll: ['GET', '/places/1'],
    join: ['POST', '/places'],
    pay: ['POST', '/payments/1'],
    steer: ['GET', '/steer'],
  }
  const names: string[] = []
  for (const [name, [method = '', path = '']] of Object.entries(kinds)) {
    const before = held.length
    const status = ask(method, path)
    let isAnswered = false
    const answered = status.finally(() => {
      isAnswered = true
    })
    await eventually(() => expect(isAnswered || held.length > before).toBe(true))
    if (isAnswered && (await answered) === 503) names.push(name)
  }
  return names
}

test('while joins wait for something slow joins are refused, and polls, reads, payments and admins are served', async () => {
  const joins = await crowd('POST', '/places', CROWD)
  expect(await refusedNow()).toEqual([])
  // A second without any answer is a stall.
  clockMs += 1_150
  expect(await refusedNow()).toEqual([])
  clockMs += 100
  expect(await refusedNow()).toEqual(['join'])
  // However long it lasts: the polls that are answered meanwhile say that nothing else waits.
  clockMs += 60_000
  expect(await ask('GET', '/concerts')).toBe(200)
  expect(await refusedNow()).toEqual(['join'])
  expect(refused).toEqual(['write', 'write'])
  letGo()
  expect(new Set(await Promise.all(joins))).toEqual(new Set([200]))
  await eventually(async () => expect(await refusedNow()).toEqual([]))
  letGo()
})

test('while polls wait they alone are refused, and those who are refused hear when to come back and that nothing was done', async () => {
  const polls = await crowd('GET', '/places/1', CROWD)
  clockMs += 1_150
  expect(await refusedNow()).toEqual(['poll'])
  const answer = await fetch(`${url}/places/1`)
  expect(answer.status).toBe(503)
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(3)
  expect(await answer.json()).toMatchObject({
    success: false,
    error: { code: 'UNAVAILABLE', message: 'too much to do right now; nothing was done for this request' },
  })
  letGo()
  await Promise.all(polls)
})

test.each([
  [90, []],
  [150, ['poll']],
  [250, ['poll', 'join']],
  [350, ['poll', 'join', 'pay', 'steer']],
])(
  'where the process itself is what is slow, in turns of %i ms, polls are refused first, then joins, then payments and admins: %j',
  async (busyMs, expected) => {
    // They wait for the end of a job, so their time says nothing.
    const waiting = await crowd('GET', '/jobs/1', CROWD)
    turnMs = busyMs
    // One after the other, so that each is a turn of the event loop. After a second it is no stall; a turn counts 200 ms at most, and the
    // first one ends a window that began with quick ones.
    const turns = 1 + Math.ceil(1_000 / Math.min(busyMs, 200))
    for (let count = 0; count < turns; count += 1) expect(await ask('POST', '/payments/1')).toBe(200)
    turnMs = 0
    expect(await refusedNow()).toEqual(expected)
    letGo()
    expect(new Set(await Promise.all(waiting))).toEqual(new Set([200]))
  },
)

test('people who wait for the end of jobs are no reason to refuse anybody, nor those who ask for one', async () => {
  const waiting = await crowd('GET', '/jobs/1?wait=30', CROWD)
  clockMs += 60_000
  expect(await refusedNow()).toEqual([])
  waiting.push(...(await crowd('GET', '/jobs/1?wait=30', 1)))
  letGo()
  expect(new Set(await Promise.all(waiting))).toEqual(new Set([200]))
})

test('what comes with a slash at its end is refused as what comes without', async () => {
  const joins = await crowd('POST', '/places/', CROWD)
  clockMs += 1_250
  expect(await ask('POST', '/places/')).toBe(503)
  letGo()
  await Promise.all(joins)
})

test('few slow requests, however slow they are, and open streams are no reason to refuse anybody', async () => {
  const slow = await crowd('GET', '/places/1', CROWD - 4)
  const streams = await Promise.all(Array.from({ length: 30 }, () => fetch(`${url}/events`)))
  clockMs += 60_000
  expect(await refusedNow()).toEqual([])
  letGo()
  await Promise.all(slow)
  for (const stream of streams) await stream.body?.cancel()
})

test('a crowd that is served in time is not refused, although some of it takes long', async () => {
  const slow = await crowd('GET', '/places/1', CROWD)
  for (let round = 0; round < 10; round += 1) {
    clockMs += 90
    const [quick] = await crowd('GET', '/places/1', 1)
    held.pop()?.()
    expect(await quick).toBe(200)
    expect(await refusedNow()).toEqual([])
  }
  letGo()
  await Promise.all(slow)
})
