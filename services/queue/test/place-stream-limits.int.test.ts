import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, IncomingMessage, ServerResponse } from 'node:http'
import type { RequestListener } from 'node:http'
import { connect, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import type { QueueContext } from '../src/context.ts'
import { PlaceStreams } from '../src/streams/place-streams.ts'
import type { RunningQueue } from '../src/start.ts'
import { extendByToken } from './extend-by-token.ts'
import { EventReader } from '@frontrow/test-kit/event-reader'
import { QueueClient, startCatalog, startQueueService } from './queue-under-test.ts'
import type { StandInCatalog } from './queue-under-test.ts'

const FEW_STREAMS = 3
const AT_ONCE_MAX = 200

let environment: TestEnvironment
let catalog: StandInCatalog
let queue: RunningQueue
/** A service that takes few streams. */
let few: RunningQueue
let client: QueueClient
const closers: (() => void)[] = []

beforeAll(async () => {
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  queue = await startQueueService(environment, catalog)
  few = await startQueueService(environment, catalog, { PLACE_STREAMS_MAX: String(FEW_STREAMS) })
  client = new QueueClient(queue)
})

afterEach(() => {
  for (const close of closers.splice(0).toReversed()) close()
  jest.restoreAllMocks()
})

afterAll(async () => {
  await few?.stop()
  await queue?.stop()
  await catalog?.stop()
  await environment?.dispose()
})

async function joined(user: string): Promise<{ scheduleId: number; token: string }> {
  const scheduleId = catalog.addSchedule()
  const { data } = await client.join(scheduleId, user)
  return { scheduleId, token: String(data['token']) }
}

async function listen(port: number, token: string, lastEventId?: string): Promise<EventReader> {
  const url = `http://127.0.0.1:${port}/api/v1/queue/tokens/me/events`
  const known = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
  const reader = await EventReader.open(url, { 'queue-token': token, ...known })
  closers.push(() => reader.close())
  return reader
}

/** Streams whose rounds the test makes, on a port of their own; `open` is how many there are. */
async function ownStreams(
  change: Partial<QueueContext>,
  options: { heartbeatMs?: number } = {},
): Promise<{
  streams: PlaceStreams
  handler: RequestListener
  port: number
  open: () => number
  round: () => Promise<void>
}> {
  let count = 0
  const events = { ...queue.ctx.events, streams: (open: number) => void (count = open) }
  const streams = new PlaceStreams({ ...queue.ctx, events, ...change }, options)
  const handler: RequestListener = (request, response) => {
    streams.open(String(request.headers['queue-token']), undefined, response).catch(() => response.destroy())
  }
  const server = createServer(handler)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  closers.push(() => {
    streams.close()
    server.close()
  })
  const round = () => streams.round(AbortSignal.timeout(60_000))
  return { streams, handler, port: address.port, open: () => count, round }
}

/** Has streams see rooms as they are, but paused or not as `paused` says at each look. */
function pauseRooms(paused: () => boolean): void {
  const { rooms } = queue.ctx
  const summaryNow = rooms.summaryNow.bind(rooms)
  jest
    .spyOn(rooms, 'summaryNow')
    .mockImplementation(async (scheduleId) => ({ ...(await summaryNow(scheduleId)), paused: paused() }))
}

/** An answer without a connection. */
function unattached(): ServerResponse {
  return new ServerResponse(new IncomingMessage(new Socket()))
}

/** Counts looks at places from now on. */
function watchLooks(): { all: number; atOnce: number } {
  const { rooms } = queue.ctx
  const find = rooms.find.bind(rooms)
  const looks = { all: 0, atOnce: 0 }
  let now = 0
  jest.spyOn(rooms, 'find').mockImplementation(async (...call) => {
    looks.all += 1
    now += 1
    looks.atOnce = Math.max(looks.atOnce, now)
    try {
      return await find(...call)
    } finally {
      now -= 1
    }
  })
  return looks
}

test('a heartbeat comes as often as told, and nothing else while nothing changes', async () => {
  let nowMs = Date.now()
  const { token } = await joined('quiet')
  const own = await ownStreams({ now: () => new Date(nowMs) }, { heartbeatMs: 15_000 })
  const reader = await listen(own.port, token)
  await reader.event(1)
  for (let beats = 0; beats <= 3; beats += 1) {
    await own.round()
    await own.round()
    nowMs += 14_999
    await own.round()
    await eventually(() => {
      expect(reader.others).toEqual(['retry: 2000', ...Array.from({ length: beats }, () => ': still here')])
    })
    nowMs += 1
  }
  expect(reader.names).toEqual(['place'])
})

test('a pause that was there before the stream is told right after the place, not when a round looks at the room', async () => {
  const scheduleId = catalog.addSchedule()
  await client.steer(scheduleId, { maxActive: 1 })
  const tokens: string[] = []
  for (const user of ['in-paused', 'waits-paused']) {
    tokens.push(String((await client.join(scheduleId, user)).data['token']))
  }
  await client.steer(scheduleId, { paused: true })
  // Nobody makes a round here.
  const own = await ownStreams({})
  for (const token of tokens) {
    const reader = await listen(own.port, token)
    const room = await reader.event(2)
    expect(reader.names).toEqual(['place', 'room'])
    expect(room.data).toEqual({ scheduleId, paused: true, serverTime: expect.any(String) })
    expect(reader.events[0]?.id).toMatch(/-0$/)
    expect(room.id).toBe(reader.events[0]?.id.replace(/0$/, '1'))
  }
})

test('a reader that takes nothing is cut off when its buffer is full; one that reads stays', async () => {
  const { token } = await joined('stuck')
  let paused = false
  pauseRooms(() => (paused = !paused))
  const own = await ownStreams({}, { heartbeatMs: 0 })
  const reading = await listen(own.port, token)
  // Over a Unix socket, whose buffers are some 0.2 MB: those of TCP take a hundred times as many rounds to fill.
  const directory = mkdtempSync(join(tmpdir(), 'frontrow-'))
  const path = join(directory, 'socket')
  const server = createServer(own.handler).listen(path)
  await once(server, 'listening')
  const stuck = connect(path)
  closers.push(() => {
    stuck.destroy()
    server.close()
    rmSync(directory, { recursive: true })
  })
  stuck.pause()
  stuck.write(`GET / HTTP/1.1\r\nHost: localhost\r\nQueue-Token: ${token}\r\n\r\n`)
  await eventually(() => expect(own.open()).toBe(2))
  const deadlineMs = performance.now() + 60_000
  while (own.open() === 2 && performance.now() < deadlineMs) await own.round()
  expect(own.open()).toBe(1)
  expect(await new Promise((resolve) => server.getConnections((_error, count) => resolve(count)))).toBe(0)
  const told = reading.events.length
  await own.round()
  await own.round()
  await reading.event(told + 1)
  expect(reading.ended).toBe(false)
  // The reader can still read what was sent before; then the connection is cut, without a proper end.
  stuck.on('error', () => {})
  let text = ''
  stuck.on('data', (chunk) => (text = (text + chunk.toString()).slice(-100_000)))
  const closed = once(stuck, 'close')
  stuck.resume()
  await closed
  expect(text).toContain('event: room')
  expect(text.endsWith('\r\n0\r\n\r\n')).toBe(false)
})

test('a stream that is being opened at the stop is refused and not kept', async () => {
  const { token } = await joined('late')
  const own = await ownStreams({})
  const response = unattached()
  const opening = own.streams.open(token, undefined, response)
  own.streams.close()
  await expect(opening).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterSeconds: 5 })
  expect(own.open()).toBe(0)
  expect(response.headersSent).toBe(false)
})

test('a crowd of streams is served in batches, and others run between them', async () => {
  const crowd = 3 * AT_ONCE_MAX
  const { token } = await joined('crowd')
  let nowMs = Date.now()
  let paused = false
  pauseRooms(() => paused)
  const own = await ownStreams({ now: () => new Date(nowMs) }, { heartbeatMs: 15_000 })
  let turn = 0
  const writes = new Map<number, number>()
  for (let index = 0; index < crowd; index += 1) {
    const response = unattached()
    await own.streams.open(token, undefined, response)
    jest.spyOn(response, 'write').mockImplementation(() => {
      writes.set(turn, (writes.get(turn) ?? 0) + 1)
      return true
    })
  }
  expect(own.open()).toBe(crowd)
  // For every stream three things are due at once: its room is paused, its deadline has changed, and a heartbeat is due.
  paused = true
  await extendByToken(queue.ctx, token, Date.now() + 3_000_000)
  nowMs += 15_000
  const looks = watchLooks()
  const counting = new AbortController()
  const turns = (async () => {
    for (; !counting.signal.aborted; turn += 1) await nextTurn()
  })()
  await own.round()
  counting.abort()
  await turns
  expect([...writes.values()].reduce((sum, count) => sum + count, 0)).toBe(3 * crowd)
  // One turn of the event loop may write the events of one batch of looks, and one batch of other events.
  expect(Math.max(...writes.values())).toBeLessThanOrEqual(2 * AT_ONCE_MAX)
  expect(looks).toEqual({ all: crowd, atOnce: AT_ONCE_MAX })
})

test('a pause and a heartbeat do not wait for the end of a long round', async () => {
  const { token } = await joined('patient')
  let nowMs = Date.now()
  let paused = false
  pauseRooms(() => paused)
  const own = await ownStreams({ now: () => new Date(nowMs) }, { heartbeatMs: 15_000 })
  const told: string[] = []
  for (let index = 0; index <= AT_ONCE_MAX; index += 1) {
    const response = unattached()
    await own.streams.open(token, undefined, response)
    jest.spyOn(response, 'write').mockImplementation((text) => told.push(String(text)) > 0)
  }
  nowMs += 10_000
  const { rooms } = queue.ctx
  const find = rooms.find.bind(rooms)
  const toldBefore: number[] = []
  jest.spyOn(rooms, 'find').mockImplementation((...call) => {
    toldBefore.push(told.length)
    paused = true
    nowMs += 30
    return find(...call)
  })
  await own.round()
  // All streams had both before the look at the last one of them.
  expect(toldBefore.at(-1)).toBe(2 * (AT_ONCE_MAX + 1))
  expect(told.filter((text) => text.startsWith('event: room'))).toHaveLength(AT_ONCE_MAX + 1)
})

test('no more streams open than the limit, also when they come at once; one that closes makes room', async () => {
  const { token } = await joined('many')
  const { http } = few.ports
  const all = await Promise.all(Array.from({ length: 4 * FEW_STREAMS }, () => listen(http, token)))
  const taken = all.filter((reader) => reader.status === 200)
  const refused = all.filter((reader) => reader.status === 503)
  expect([taken.length, refused.length]).toEqual([FEW_STREAMS, 3 * FEW_STREAMS])
  for (const { response } of refused) expect(response.headers['retry-after']).toBe('5')
  taken[0]?.close()
  await eventually(async () => expect((await listen(http, token)).status).toBe(200))
  expect((await listen(http, token)).status).toBe(503)
})

test('a stop ends every stream, and its readers go on elsewhere where they were', async () => {
  const { token, scheduleId } = await joined('moved')
  const reader = await eventually(async () => {
    const opened = await listen(few.ports.http, token)
    expect(opened.status).toBe(200)
    return opened
  })
  const { id } = await reader.event(1)
  const stopped = few.stop()
  // With a proper end, before anything is cut off.
  await reader.end()
  expect(reader.names).toEqual(['place'])
  const again = await listen(queue.ports.http, token, id)
  await client.leave(token)
  expect(await again.event(1)).toMatchObject({ event: 'ended', id: `LEFT-${scheduleId}-1` })
  await stopped
})
