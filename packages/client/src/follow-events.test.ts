import type { ServerResponse } from 'node:http'
import { expect, test } from '@jest/globals'
import { createClient } from './client.ts'
import type { Client } from './client.ts'
import { ApiError, UnreadableAnswerError } from './errors.ts'
import type { Connection, FollowOptions } from './follow-events.ts'
import { refusal, startLocalServer } from './local-server.ts'
import type { Respond } from './local-server.ts'

const serverTime = '2026-01-01T00:00:00.000Z'
const room = { scheduleId: 7, paused: true, serverTime }
const ended = { status: 'LEFT', scheduleId: 7, serverTime }
const noMore: Respond = (response) => response.writeHead(204).end()

/** Begins a stream that asks readers to come back quickly, and sends a text over it. */
function begin(response: ServerResponse, text: string): ServerResponse {
  response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' })
  response.write(`retry: 5\n\n${text}`)
  return response
}

const stream =
  (text: string): Respond =>
  (response) =>
    begin(response, text).end()

const write = (event: string, payload: object, id: string): string =>
  `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(payload)}\n\n`

async function collect(client: Client, options: Partial<FollowOptions> = {}) {
  const seen: { event: string; data: unknown }[] = []
  const connections: Connection[] = []
  const init = { signal: AbortSignal.timeout(60_000), queueToken: 'place', ...options }
  const onConnection = (connection: Connection): number => connections.push(connection)
  for await (const { event, data } of client.events('/api/v1/queue/tokens/me/events', {
    ...init,
    onConnection,
  })) {
    seen.push({ event, data })
  }
  return { seen, states: connections.map(({ state }) => state), connections }
}

test('events come in order with their data read, until the server says that there are no more', async () => {
  await using server = await startLocalServer(
    stream(`${write('room', room, 'a')}: still here\n\n${write('ended', ended, 'b')}`),
    noMore,
  )
  const { seen, states } = await collect(createClient({ baseUrl: server.baseUrl }))
  expect(seen).toEqual([
    { event: 'room', data: room },
    { event: 'ended', data: ended },
  ])
  expect(states).toEqual(['open', 'lost'])
  expect(server.requests[0]?.headers).toMatchObject({ 'queue-token': 'place' })
})

test('an event that is cut anywhere comes whole, also within a letter', async () => {
  const bytes = Buffer.from(write('room', { ...room, note: '서울 🎟' }, 'a'))
  await using server = await startLocalServer((response) => {
    begin(response, '')
    for (const byte of bytes) response.write(Buffer.of(byte))
    response.end()
  }, noMore)
  const { seen } = await collect(createClient({ baseUrl: server.baseUrl }))
  expect(seen).toEqual([{ event: 'room', data: { ...room, note: '서울 🎟' } }])
})

test('a lost connection is told, and made again from the last event that is known', async () => {
  await using server = await startLocalServer(
    (response) => {
      begin(response, write('room', room, 'a') + write('room', { ...room, paused: false }, 'b') + 'event: ro')
      setTimeout(() => response.destroy(), 20)
    },
    stream(write('ended', ended, 'c')),
    noMore,
  )
  const { seen, states } = await collect(createClient({ baseUrl: server.baseUrl }), { lastEventId: 'before' })
  expect(seen.map(({ event }) => event)).toEqual(['room', 'room', 'ended'])
  expect(states).toEqual(['open', 'lost', 'open', 'lost'])
  expect(server.requests.map(({ headers }) => headers['last-event-id'])).toEqual(['before', 'b', 'c'])
})

test('whoever is refused for now comes back after Retry-After, and not more often each time', async () => {
  await using server = await startLocalServer(
    stream(''),
    refusal(503, 'UNAVAILABLE', { 'Retry-After': '1' }),
    noMore,
  )
  const { states, connections } = await collect(createClient({ baseUrl: server.baseUrl }))
  expect(states).toEqual(['open', 'lost', 'lost'])
  expect(connections[2]).toMatchObject({ retryInMs: expect.any(Number) })
  const [, , last] = connections
  if (last?.state === 'lost') expect(last.retryInMs).toBeGreaterThanOrEqual(1_000)
})

test("a proxy's page and a mistake of a server do not end the following", async () => {
  await using server = await startLocalServer(
    stream(''),
    (response) => response.writeHead(502, { 'Content-Type': 'text/html' }).end('<h1>Bad Gateway</h1>'),
    refusal(500, 'INTERNAL'),
    stream(write('ended', ended, 'a')),
    noMore,
  )
  const { seen, states } = await collect(createClient({ baseUrl: server.baseUrl }))
  expect(seen.map(({ event }) => event)).toEqual(['ended'])
  expect(states).toEqual(['open', 'lost', 'lost', 'lost', 'open', 'lost'])
})

test('a server that asks readers to come back at once gets a pause all the same', async () => {
  await using server = await startLocalServer((response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    response.end(`retry: 0\n\n${write('room', room, 'a')}`)
  }, noMore)
  const { connections } = await collect(createClient({ baseUrl: server.baseUrl }))
  const waits = connections.map((connection) => (connection.state === 'lost' ? connection.retryInMs : 0))
  expect(Math.max(...waits)).toBeGreaterThanOrEqual(250)
})

test('a refusal for good is thrown', async () => {
  await using server = await startLocalServer(refusal(401, 'QUEUE_TOKEN_INVALID'))
  const error = await collect(createClient({ baseUrl: server.baseUrl })).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ApiError)
  expect(error).toMatchObject({ code: 'QUEUE_TOKEN_INVALID' })
  expect(server.requests).toHaveLength(1)
})

test.each<[string, Respond]>([
  ['data that is no JSON', stream('event: room\ndata: {"sched\n\n')],
  [
    'a page instead of a stream',
    (response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('Hi'),
  ],
])('%s is an UnreadableAnswerError', async (_what, respond) => {
  await using server = await startLocalServer(respond)
  await expect(collect(createClient({ baseUrl: server.baseUrl }))).rejects.toBeInstanceOf(
    UnreadableAnswerError,
  )
})

test('an abort ends the loop quietly and the connection, also while it waits to connect again', async () => {
  const whileOpen = new AbortController()
  const whileLost = new AbortController()
  const closed = Promise.withResolvers<void>()
  await using server = await startLocalServer(
    (response) => {
      response.once('close', () => closed.resolve())
      begin(response, write('room', room, 'a'))
    },
    refusal(503, 'UNAVAILABLE', { 'Retry-After': '600' }),
  )
  const client = createClient({ baseUrl: server.baseUrl })
  const path = '/api/v1/queue/tokens/me/events'
  for await (const { event } of client.events(path, { signal: whileOpen.signal })) {
    expect(event).toBe('room')
    whileOpen.abort()
  }
  await closed.promise
  const onConnection = (): void => whileLost.abort()
  for await (const sent of client.events(path, { signal: whileLost.signal, onConnection })) {
    throw new Error(`${sent.event} was never sent`)
  }
  expect(server.requests).toHaveLength(2)
})

test('leaving the loop closes the connection', async () => {
  const closed = Promise.withResolvers<void>()
  await using server = await startLocalServer((response) => {
    response.once('close', () => closed.resolve())
    begin(response, write('room', room, 'a'))
  })
  const { signal } = new AbortController()
  const client = createClient({ baseUrl: server.baseUrl })
  for await (const sent of client.events('/api/v1/queue/tokens/me/events', { signal })) {
    if (sent.event === 'room') break
  }
  await closed.promise
  expect(server.requests).toHaveLength(1)
})
