import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { pino } from 'pino'
import { z } from 'zod'
import { createHttpServer } from '../src/http-server.ts'
import type { HttpServer } from '../src/http-server.ts'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import { defineRoute } from '../src/route.ts'

const responses = { 200: { description: 'fine' } }
const echoRoute = defineRoute({
  method: 'post',
  path: '/things/{thingId}',
  operationId: 'echo',
  tag: 'test',
  summary: 'Echo',
  auth: 'user',
  params: z.object({ thingId: z.coerce.number().int().positive() }),
  query: z.object({ limit: z.coerce.number().int().max(10).default(5) }),
  body: z.strictObject({ name: z.string().min(1), more: z.object({ deep: z.int() }).optional() }),
  responses,
  refusals: [],
})
const brokenRoute = defineRoute({
  method: 'get',
  path: '/broken/{how}',
  operationId: 'broken',
  tag: 'test',
  summary: 'Broken',
  auth: 'none',
  params: z.object({ how: z.string() }),
  responses,
  refusals: [],
})

const holderRoute = defineRoute({
  method: 'get',
  path: '/place',
  operationId: 'place',
  tag: 'test',
  summary: 'Place',
  auth: 'token',
  query: z.object({ limit: z.coerce.number().int().max(10).default(5) }),
  responses,
  refusals: [],
})
const adminRoute = defineRoute({
  method: 'get',
  path: '/control',
  operationId: 'control',
  tag: 'test',
  summary: 'Control',
  auth: 'admin',
  responses,
  refusals: [],
})

const streamRoute = defineRoute({
  method: 'get',
  path: '/stream',
  operationId: 'stream',
  tag: 'test',
  summary: 'Stream',
  auth: 'none',
  responses: { 200: { description: 'events', contentType: 'text/event-stream' } },
  refusals: [],
})

let server: HttpServer
let url: string
const observed: string[] = []
const logLines: string[] = []

beforeAll(async () => {
  server = createHttpServer({
    logAdminWrites: (_route, _exchange, _caller, handle) => handle(),
    authenticate: (authorization) =>
      authorization === 'Bearer fan'
        ? Promise.resolve({ userId: '1', roles: [], actsForAnybody: false })
        : authorization === 'Bearer boss'
          ? Promise.resolve({ userId: '2', roles: ['admin'], actsForAnybody: true })
          : Promise.reject(generalRefusal('UNAUTHENTICATED', 'who are you')),
    readQueueToken: (headers) => {
      const token = headers['queue-token']
      if (typeof token === 'string') return token
      throw generalRefusal('UNAUTHENTICATED', 'where is your place')
    },
    logger: pino({ level: 'info' }, { write: (line) => void logLines.push(line) }),
    metrics: { observe: (route, status) => observed.push(`${route.path} ${status}`) },
    bodyLimit: '1kb',
  })
  server.handle(echoRoute, ({ params, query, body, caller }) => ({
    status: 200,
    data: { params, query, body, userId: caller.userId },
  }))
  server.handle(brokenRoute, ({ params }) => {
    if (params.how === 'away') {
      throw generalRefusal('UNAVAILABLE', 'the queue is not available', { cause: new Error('no answer') })
    }
    if (params.how === 'refused') throw generalRefusal('UNAVAILABLE', 'later', { retryAfterSeconds: 7 })
    throw new Error('secret: the password is 1234')
  })
  server.handle(holderRoute, ({ caller }) => ({ status: 200, data: caller }))
  server.handle(adminRoute, ({ caller }) => ({ status: 200, data: caller }))
  server.handle(streamRoute, ({ response }) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    response.flushHeaders()
    return undefined
  })
  server.page('/page', (_request, response) => {
    response.setHeader('Content-Type', 'text/plain')
    response.end('a page')
  })
  server.page('/page/broken', () => Promise.reject(new Error('secret: no such file')))
  url = `http://127.0.0.1:${await server.listen('127.0.0.1', 0)}`
})

afterAll(() => server.close(1_000))

async function send(
  path: string,
  init: Omit<RequestInit, 'headers'> & { json?: unknown; headers?: Record<string, string> } = {},
) {
  const response = await fetch(url + path, {
    method: 'POST',
    ...init,
    headers: { Authorization: 'Bearer fan', 'Content-Type': 'application/json', ...init.headers },
    ...(init.json === undefined ? {} : { body: JSON.stringify(init.json) }),
  })
  const body = JSON.parse(await response.text())
  return { status: response.status, headers: response.headers, body }
}

describe('an answer', () => {
  test('has the envelope, parsed input, and the request id that was sent', async () => {
    const answer = await send('/things/7', { json: { name: 'x' }, headers: { 'X-Request-Id': 'abc-1' } })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-request-id')).toBe('abc-1')
    expect(answer.headers.get('x-powered-by')).toBeNull()
    expect(answer.body).toEqual({
      success: true,
      data: { params: { thingId: 7 }, query: { limit: 5 }, body: { name: 'x' }, userId: '1' },
    })
    expect(observed).toContain('/things/{thingId} 200')
  })

  test('has a request id of ours when the sent one could do harm', async () => {
    const answer = await send('/things/7', { json: { name: 'x' }, headers: { 'X-Request-Id': 'a b\tc' } })
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('the caller', () => {
  const get = (path: string, headers: Record<string, string>) => send(path, { method: 'GET', headers })

  test('of a token route is whoever sends the queue token, and a bearer token sent with it is checked', async () => {
    const unsigned = await fetch(`${url}/place`, { headers: { 'Queue-Token': 't' } })
    expect(await unsigned.json()).toEqual({ success: true, data: { queueToken: 't' } })
    expect((await get('/place', { 'Queue-Token': 't' })).body.data).toEqual({ queueToken: 't', userId: '1' })
    expect((await get('/place', { 'Queue-Token': 't', Authorization: 'Bearer junk' })).status).toBe(401)
    expect((await get('/place', {})).body.error.message).toBe('where is your place')
  })

  test('of a token route is told of bad input before their queue token is checked', async () => {
    expect((await get('/place?limit=11', {})).status).toBe(400)
  })

  test('of an admin route is an admin', async () => {
    expect((await get('/control', {})).status).toBe(403)
    expect((await get('/control', { Authorization: '' })).status).toBe(401)
    expect((await get('/control', { Authorization: 'Bearer boss' })).body.data.actsForAnybody).toBe(true)
  })
})

describe('bad input', () => {
  test.each([
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"; x=1',
    'application/json; x=1',
  ])('is not a body of the type %s', async (type) => {
    expect(
      (await send('/things/1', { body: '{"name":"x"}', headers: { 'Content-Type': type } })).status,
    ).toBe(200)
  })

  test('names every field and its rule, in whatever part of the request', async () => {
    const answer = await send('/things/0?limit=11', { json: { name: '', more: { deep: 'x' }, nmae: 1 } })
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({ success: false, error: { code: 'INVALID_REQUEST' } })
    const fields = answer.body.error.details.map(
      (problem: { in: string; field: string }) => `${problem.in} ${problem.field}`,
    )
    expect(fields).toEqual(['path thingId', 'query limit', 'body name', 'body more.deep', 'body nmae'])
  })

  test.each([
    ['text that is not JSON', { body: '{"name":' }, 400, 'INVALID_REQUEST'],
    ['no body at all', {}, 400, 'INVALID_REQUEST'],
    ['a body that is no object', { body: '[1]' }, 400, 'INVALID_REQUEST'],
    [
      'a body over the limit',
      { body: JSON.stringify({ name: 'x'.repeat(2_000) }) },
      413,
      'PAYLOAD_TOO_LARGE',
    ],
    [
      'a body that is not compressed as its header says',
      { body: '{}', headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' } },
      400,
      'INVALID_REQUEST',
    ],
    [
      'a type that only looks like JSON',
      { body: '{"name":"x"}', headers: { 'Content-Type': 'application/json\u00a0' } },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['a form', { body: 'name=x', headers: { 'Content-Type': 'text/plain' } }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'an unknown character set',
      { body: '{}', headers: { 'Content-Type': 'application/json; charset=klingon' } },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'another character set',
      {
        body: Buffer.from('{}', 'utf16le'),
        headers: { 'Content-Type': 'application/json; charset=utf-16le' },
      },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['no UTF-8', { body: Buffer.from('{"name":"\u00ff"}', 'latin1') }, 400, 'INVALID_REQUEST'],
    ['nobody', { headers: { Authorization: '' } }, 401, 'UNAUTHENTICATED'],
  ])('%s is %d %s', async (_name, init, status, code) => {
    const answer = await send('/things/7', init)
    expect([answer.status, answer.body.error.code]).toEqual([status, code])
  })

  test.each([
    ['a number', '5'],
    ['null', 'null'],
    ['a text', '"str"'],
    ['a list', '[{"name":"x"}]'],
  ])('a body that is %s is told to be an object', async (_name, body) => {
    const answer = await send('/things/7', { body })
    expect([answer.status, answer.body.error.details]).toEqual([
      400,
      [{ in: 'body', field: 'body', rule: 'must be a JSON object' }],
    ])
  })

  test.each([
    ['limit=5&limit=5', 'limit', 'must be there once'],
    ['limit=%ED%A0%80', 'limit', 'must be UTF-8, percent-encoded'],
    ['limit=5%', 'limit', 'must be UTF-8, percent-encoded'],
    ['lim%69t=%ff', 'limit', 'must be UTF-8, percent-encoded'],
    ['%ff=5', 'query', 'must be UTF-8, percent-encoded'],
  ])('the query %s is refused by name and rule', async (query, field, rule) => {
    const answer = await send(`/things/7?${query}`, { json: { name: 'x' } })
    expect([answer.status, answer.body.error.code, answer.body.error.details]).toEqual([
      400,
      'INVALID_REQUEST',
      [{ in: 'query', field, rule }],
    ])
  })

  test('is counted by its route, also where the body was never read', async () => {
    observed.length = 0
    await send('/things/7', { body: 'name=x', headers: { 'Content-Type': 'text/plain' } })
    await send('/things/7', { body: JSON.stringify({ name: 'x'.repeat(2_000) }) })
    await eventually(() => expect(observed).toEqual(['/things/{thingId} 415', '/things/{thingId} 413']))
  })

  test('a path that is not there is 404, a method that is not there 405 with Allow, a bad escape 400', async () => {
    expect((await send('/nothing')).body.error.code).toBe('NOT_FOUND')
    const put = await send('/things/7', { method: 'PUT', json: {} })
    expect([put.status, put.headers.get('allow'), put.body.error.code]).toEqual([
      405,
      'POST',
      'METHOD_NOT_ALLOWED',
    ])
    for (const method of ['POST', 'PUT', 'OPTIONS']) {
      const badEscape = await send('/things/%zz', { method })
      expect([badEscape.status, badEscape.headers.get('allow')]).toEqual([400, null])
      expect(badEscape.body.error.message).toBe('the path is not validly encoded')
      expect(badEscape.body.error.details).toEqual([
        { in: 'path', field: 'path', rule: 'must be UTF-8, percent-encoded' },
      ])
    }
  })

  test('OPTIONS is a method like any other, and paths are told apart by case', async () => {
    const options = await send('/things/7', { method: 'OPTIONS' })
    expect([options.status, options.headers.get('allow')]).toEqual([405, 'POST'])
    expect((await send('/Things/7', { json: { name: 'x' } })).status).toBe(404)
    expect((await send('/things/7/', { json: { name: 'x' } })).status).toBe(200)
  })

  test('an empty part of a path is 404, a part that is too long is 400', async () => {
    expect((await send('/broken/', { method: 'GET' })).status).toBe(404)
    expect((await send('/things//', { method: 'PUT' })).status).toBe(404)
    expect((await send(`/things/${'9'.repeat(5_000)}`, { json: { name: 'x' } })).status).toBe(400)
  })

  test('HEAD is answered as GET, without a body', async () => {
    const answer = await fetch(`${url}/page`, { method: 'HEAD' })
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
      200,
      'text/plain',
      '',
    ])
    expect((await fetch(`${url}/broken/refused`, { method: 'HEAD' })).status).toBe(503)
  })
})

/** Sends bytes that need not be HTTP, and returns what comes back until the server closes. */
function sendRaw(text: string, afterFirstData = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port) })
    let answer = ''
    socket.setEncoding('utf8')
    socket.once('data', () => afterFirstData !== '' && socket.write(afterFirstData))
    socket.on('data', (data: string) => (answer += data))
    socket.once('error', reject)
    socket.once('close', () => resolve(answer))
    socket.write(text, 'latin1')
  })
}

test.each([
  ['a letter that is not escaped', 'GET /broken/\u00e9 HTTP/1.1\r\nHost: x', '400 Bad Request'],
  ['a control character in a header', 'GET /page HTTP/1.1\r\nHost: x\r\nA: b\u0001c', '400 Bad Request'],
  ['headers without end', `GET /page HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(50_000)}`, '431 '],
])('a request that is not HTTP (%s) is refused in our JSON shape', async (_name, head, status) => {
  const answer = await sendRaw(`${head}\r\nX-Request-Id: mine-1\r\n\r\n`)
  expect(answer).toContain(`HTTP/1.1 ${status}`)
  const requestId = /^X-Request-Id: (\S+)/m.exec(answer)?.[1]
  expect(JSON.parse(answer.slice(answer.indexOf('{')))).toMatchObject({
    success: false,
    error: { code: 'INVALID_REQUEST', requestId },
  })
})

test('bytes that are not HTTP get no answer in the middle of an answer', async () => {
  const answer = await sendRaw('GET /stream HTTP/1.1\r\nHost: x\r\n\r\n', 'no HTTP at all\r\n\r\n')
  expect(answer).toContain('HTTP/1.1 200')
  expect(answer).not.toContain('INVALID_REQUEST')
})

test('as many headers as the gateway lets through are read', async () => {
  const headers = { 'x-many': 'a'.repeat(30_000) }
  expect((await fetch(`${url}/page`, { headers })).status).toBe(200)
})

test('HEAD of a stream is 405, because the gateway would reuse a connection whose answer never ends', async () => {
  const head = await fetch(`${url}/stream`, { method: 'HEAD' })
  expect([head.status, head.headers.get('allow')]).toEqual([405, 'GET'])
})

describe('a failure', () => {
  test('of ours is 500 and does not tell what happened inside', async () => {
    const answer = await send('/broken/badly', { method: 'GET' })
    expect(answer.status).toBe(500)
    expect(JSON.stringify(answer.body)).not.toContain('1234')
    expect(answer.body.error.requestId).toBe(answer.headers.get('x-request-id'))
  })

  test('is logged once where an outage explains it, however many ask, and each time where none does', async () => {
    const linesOf = async (how: string, times: number): Promise<number> => {
      logLines.length = 0
      const asked = Array.from({ length: times }, () => send(`/broken/${how}`, { method: 'GET' }))
      await Promise.all(asked)
      return logLines.filter((line) => line.includes('"stack"')).length
    }
    expect(await linesOf('away', 200)).toBe(1)
    expect(await linesOf('refused', 20)).toBe(0)
    expect(await linesOf('badly', 3)).toBe(3)
  })

  test('of a page is answered in the same way', async () => {
    const answer = await send('/page/broken', { method: 'GET' })
    expect([answer.status, answer.body.error.code]).toEqual([500, 'INTERNAL'])
    expect(JSON.stringify(answer.body)).not.toContain('secret')
  })

  test('that will pass carries Retry-After, and is RFC 9457 for clients that accept it', async () => {
    const answer = await send('/broken/refused', {
      method: 'GET',
      headers: { Accept: 'application/problem+json' },
    })
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('7')
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(answer.body).toMatchObject({
      type: 'about:blank',
      status: 503,
      code: 'UNAVAILABLE',
      detail: 'later',
    })
  })
})
