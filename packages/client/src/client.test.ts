import { expect, test } from '@jest/globals'
import { createClient } from './client.ts'
import type { Client } from './client.ts'
import { ApiError, NoAnswerError, UnreadableAnswerError } from './errors.ts'
import { data, json, refusal, startLocalServer } from './local-server.ts'
import type { Respond } from './local-server.ts'

const reservationId = '01932c07-a3c1-7d6e-9f0a-5b1c2d3e4f50'
const payment = { reservationId, paymentMethod: 'BALANCE' } as const
const pay = (client: Client) =>
  client.POST('/api/v1/payments', { params: { header: { 'Idempotency-Key': 'k-1' } }, body: payment })
const hang: Respond = () => undefined

test('a call fills in its path, query, headers and body', async () => {
  await using server = await startLocalServer(data(200, {}))
  const client = createClient({ baseUrl: server.baseUrl, token: () => Promise.resolve('jwt') })
  await client.GET('/api/v1/concerts/{concertId}/schedules/{scheduleId}/seats', {
    params: { path: { concertId: 7, scheduleId: 8 }, query: { status: 'AVAILABLE', grade: 'R & B' } },
    queueToken: 'place',
    headers: { 'X-Request-Id': 'mine' },
  })
  await pay(client)
  const [seats, payments] = server.requests
  expect(seats).toMatchObject({
    method: 'GET',
    url: '/api/v1/concerts/7/schedules/8/seats?status=AVAILABLE&grade=R%20%26%20B',
    headers: { 'queue-token': 'place', authorization: 'Bearer jwt', 'x-request-id': 'mine' },
    body: '',
  })
  expect(payments).toMatchObject({
    method: 'POST',
    url: '/api/v1/payments',
    headers: { 'idempotency-key': 'k-1', 'content-type': 'application/json' },
    body: JSON.stringify(payment),
  })
})

test('nobody signed in sends no Authorization', async () => {
  await using server = await startLocalServer(data(200, { items: [] }))
  await createClient({ baseUrl: server.baseUrl, token: () => undefined }).GET('/api/v1/concerts')
  expect(server.requests[0]?.headers).not.toHaveProperty('authorization')
})

test('an answer is its data without the envelope, with its status, headers and the time to ask again', async () => {
  await using server = await startLocalServer(
    data(202, { paymentId: 'p' }, { 'Retry-After': '2', Location: '/api/v1/payments/p' }),
  )
  const answer = await pay(createClient({ baseUrl: server.baseUrl }))
  expect(answer).toMatchObject({ status: 202, data: { paymentId: 'p' }, retryAfterSeconds: 2 })
  expect(answer.headers.get('Location')).toBe('/api/v1/payments/p')
})

test('an answer without a body has no data', async () => {
  await using server = await startLocalServer(
    (response) => response.writeHead(204).end(),
    (response) => response.writeHead(304, { ETag: '"a"' }).end(),
  )
  const client = createClient({ baseUrl: server.baseUrl })
  expect(await client.DELETE('/api/v1/queue/tokens/me')).toMatchObject({ status: 204, data: undefined })
  const layout = await client.GET(
    '/api/v1/concerts/{concertId}/schedules/{scheduleId}/seats/layout/{version}',
    {
      params: { path: { concertId: 1, scheduleId: 1, version: 'v' }, header: { 'If-None-Match': '"a"' } },
    },
  )
  expect(layout).toMatchObject({ status: 304, data: undefined })
  expect(server.requests[1]?.headers['if-none-match']).toBe('"a"')
})

test('a refusal is an ApiError with all that the API says', async () => {
  await using server = await startLocalServer(
    refusal(409, 'SEAT_TAKEN', { details: { seatIds: [3] }, 'Retry-After': '7' }),
  )
  const error = await pay(createClient({ baseUrl: server.baseUrl })).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ApiError)
  expect(error).toMatchObject({
    status: 409,
    code: 'SEAT_TAKEN',
    message: 'No.',
    details: { seatIds: [3] },
    requestId: 'r-1',
    retryAfterSeconds: 7,
  })
})

test('nothing is sent a second time by itself', async () => {
  await using server = await startLocalServer(refusal(503, 'UNAVAILABLE', { 'Retry-After': '0' }))
  await expect(pay(createClient({ baseUrl: server.baseUrl }))).rejects.toBeInstanceOf(ApiError)
  expect(server.requests).toHaveLength(1)
})

test.each<[string, Respond, number]>([
  ['a page of a proxy', (response) => response.writeHead(502).end('<html>Bad gateway</html>'), 502],
  ['JSON that is no refusal', json(500, { error: 'oops' }), 500],
  ['a refusal without a code', json(400, { success: false, error: { message: 'No.', requestId: 'r' } }), 400],
  ['a good status with a page', (response) => response.writeHead(200).end('<html>Sign in</html>'), 200],
  ['a good status with an empty body', (response) => response.writeHead(200).end(), 200],
  ['a good status without data', json(200, { success: true }), 200],
  ['a good status that says it failed', json(200, { success: false, data: {} }), 200],
])('%s is an UnreadableAnswerError', async (_what, respond, status) => {
  await using server = await startLocalServer(respond)
  const error = await pay(createClient({ baseUrl: server.baseUrl })).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(UnreadableAnswerError)
  expect(error).toMatchObject({ status })
})

test.each<[string, Respond]>([
  ['before the answer', (response) => response.destroy()],
  [
    'in the middle of it',
    (response) => {
      response.writeHead(200, { 'Content-Length': '100' }).write('{"success":tr')
      setImmediate(() => response.destroy())
    },
  ],
])('a connection that breaks %s is no answer', async (_when, respond) => {
  await using server = await startLocalServer(respond)
  const error = await pay(createClient({ baseUrl: server.baseUrl })).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(NoAnswerError)
  expect(error).toMatchObject({ reason: 'network', cause: expect.anything() })
})

test('a server that is not there is no answer', async () => {
  const server = await startLocalServer(hang)
  await server[Symbol.asyncDispose]()
  await expect(pay(createClient({ baseUrl: server.baseUrl }))).rejects.toMatchObject({ reason: 'network' })
})

test.each<[string, Respond]>([
  ['an answer', hang],
  ['the rest of it', (response) => void response.writeHead(200).write('{"success":tr')],
])('a call does not wait for %s beyond its deadline', async (_what, respond) => {
  await using server = await startLocalServer(respond)
  const client = createClient({ baseUrl: server.baseUrl, timeoutMs: 60 })
  await expect(pay(client)).rejects.toMatchObject({ name: 'NoAnswerError', reason: 'deadline' })
})

test('a call does not wait for its token beyond its deadline, and is not sent', async () => {
  await using server = await startLocalServer(data(200, {}))
  const client = createClient({ baseUrl: server.baseUrl, token: () => new Promise(() => {}) })
  await expect(client.GET('/api/v1/concerts', { timeoutMs: 30 })).rejects.toMatchObject({
    reason: 'deadline',
  })
  expect(server.requests).toHaveLength(0)
})

test('a token that can not be had fails the call with its own error', async () => {
  await using server = await startLocalServer(data(200, {}))
  const failure = new Error('signed out')
  const client = createClient({ baseUrl: server.baseUrl, token: () => Promise.reject(failure) })
  await expect(client.GET('/api/v1/concerts')).rejects.toBe(failure)
  expect(server.requests).toHaveLength(0)
})

test('an aborted call rejects with the reason of its signal', async () => {
  const controller = new AbortController()
  await using server = await startLocalServer(() => controller.abort(new Error('left the page')))
  const client = createClient({ baseUrl: server.baseUrl })
  const call = client.GET('/api/v1/concerts', { signal: controller.signal })
  await expect(call).rejects.toThrow('left the page')
})
