import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { ensurePrograms } from '@frontrow/local-stack/install'
import { ensureCertificate, startNginx } from '@frontrow/local-stack/nginx'
import { freePorts } from '@frontrow/local-stack/ports'
import type { RunningProcess } from '@frontrow/local-stack/process'
import { readRateLimits, readPageSettings } from '../../../scripts/gateway-settings.ts'

const template = join(import.meta.dirname, '..', 'nginx.conf.template')
const names = ['queue', 'catalog', 'reservation', 'payment', 'health', 'identity'] as const
const LARGE = JSON.stringify({ seats: 'A'.repeat(300_000) })
const folder = mkdtempSync(join(tmpdir(), 'frontrow-nginx-test-'))
chmodSync(folder, 0o711)
const upstreams: Server[] = []
/** Until then whoever waits for the end of a job has no answer. */
const readsGivenUp = Promise.withResolvers<undefined>()
const requests: { name: string; url: string; headers: IncomingHttpHeaders }[] = []
let nginx: RunningProcess
let gateway = ''
let port = 0
let tlsPort = 0

/** Answers with its own name, so that a test sees where a request went. */
function upstream(name: string): Promise<number> {
  const server = createServer(async (request, response) => {
    requests.push({ name, url: request.url ?? '', headers: request.headers })
    response.setHeader('Content-Type', 'application/json')
    response.setHeader('X-Request-Id', 'the-upstream-says')
    if (request.url?.endsWith('?mute') === true) return
    if (request.url?.endsWith('?wait=30') === true) await readsGivenUp.promise
    if (request.url?.includes('?large') === true) {
      const isCompressed = request.url.endsWith('=gzip')
      response.setHeader('Vary', 'Accept-Encoding')
      if (isCompressed) response.setHeader('Content-Encoding', 'gzip')
      response.end(isCompressed ? gzipSync(LARGE) : LARGE)
      return
    }
    if (request.url?.includes('/providers/') === true) {
      const received = (await request.toArray()).join('')
      response.end(JSON.stringify({ upstream: name, received }))
      return
    }
    response.setHeader('Set-Cookie', request.url?.includes('/schedules/45/') ? ['tokenId=secret'] : [])
    response.end(JSON.stringify({ upstream: name, number: requests.length }))
  })
  upstreams.push(server)
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}

beforeAll(async () => {
  const { nginx: program, openssl } = await ensurePrograms(['nginx', 'openssl'], () => {})
  if (program === undefined || openssl === undefined) throw new Error('ensurePrograms left a program out')
  const groups: Record<string, string[]> = {}
  for (const name of names) groups[name] = [`127.0.0.1:${await upstream(name)}`]
  const [first = 0, second = 0, closedPort = 0] = await freePorts(3)
  // The wallet service is down: nothing listens on its port.
  groups['wallet'] = [`127.0.0.1:${closedPort}`]
  // One of two instances of the queue service is gone.
  groups['health'] = [`127.0.0.1:${closedPort}`, ...(groups['health'] ?? [])]
  port = first
  tlsPort = second
  gateway = `http://127.0.0.1:${port}`
  nginx = await startNginx({
    program,
    templateFile: template,
    stateFolder: join(folder, 'nginx'),
    logFile: join(folder, 'nginx.log'),
    accessLogFile: join(folder, 'access.log'),
    pidFile: join(folder, 'nginx.pid'),
    port,
    tlsPort,
    certificate: await ensureCertificate(openssl, join(folder, 'tls')),
    upstreams: groups,
    rateLimits: readRateLimits({ TOKEN_REQUESTS_PER_SECOND: '1', TOKEN_BURST: '3' }),
    pageSettings: readPageSettings({
      OIDC_ISSUER: 'https://id.example/realms/frontrow',
      STRIPE_CURRENCY: 'eur',
      SEATS_PER_USER_MAX: '4',
    }),
  })
})

afterAll(async () => {
  await nginx?.stop()
  for (const server of upstreams) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  rmSync(folder, { recursive: true, force: true })
})

/** Sends bytes that need not be HTTP, and returns what comes back until the gateway closes. */
function sendRaw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port })
    let answer = ''
    socket.setEncoding('utf8')
    socket.on('data', (data: string) => (answer += data))
    socket.once('error', reject)
    socket.once('close', () => resolve(answer))
    socket.write(text)
  })
}

test.each([
  ['/api/v1/queue/tokens/me', 'queue'],
  ['/api/v1/queue/schedules/7/fairness', 'queue'],
  ['/api/v1/admin/queues/7', 'queue'],
  ['/api/v1/concerts', 'catalog'],
  ['/api/v1/concerts/1/schedules/7/seats', 'catalog'],
  ['/api/v1/concerts/1/schedules/7/seats/events', 'catalog'],
  ['/api/v1/admin/schedules/7', 'catalog'],
  ['/api/v1/openapi.json', 'catalog'],
  ['/docs/', 'catalog'],
  ['/api/v1/admin/schedules/7/check-ins', 'reservation'],
  ['/api/v1/admin/schedules/7/sales', 'reservation'],
  ['/api/v1/admin/schedules/7/money', 'payment'],
  ['/api/v1/admin/schedules/x/sales', 'reservation'],
  ['/api/v1/admin/schedules/x/money', 'payment'],
  ['/api/v1/admin/schedules', 'catalog'],
  ['/api/v1/admin/schedules/7/seats', 'catalog'],
  ['/api/v1/admin/schedules/7/seats/states', 'catalog'],
  ['/api/v1/reservations', 'reservation'],
  ['/api/v1/reservations/1/ticket', 'reservation'],
  ['/api/v1/tickets/keys', 'reservation'],
  ['/api/v1/admin/tickets/check-in', 'reservation'],
  ['/api/v1/jobs/1', 'reservation'],
  ['/api/v1/admin/jobs', 'reservation'],
  ['/api/v1/payments', 'payment'],
  ['/api/v1/admin/audit', 'payment'],
  ['/identity/auth', 'identity'],
  ['/api/v1/admin/dead-letters/9/retry', 'payment'],
  ['/api/v1/admin/actions', 'payment'],
  ['/health/ready', 'health'],
])('%s goes to %s', async (path, name) => {
  const answer = await fetch(gateway + path)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject({ upstream: name })
})

test.each(['/seats', '/seats/states', '/seats/7', '/seats/layout/x'])(
  'what the service says about compression of %s is passed on, and nothing is compressed twice',
  async (end) => {
    const path = `/api/v1/concerts/1/schedules/7${end}`
    const compressed = await fetch(`${gateway}${path}?large=gzip`, { headers: { 'accept-encoding': 'gzip' } })
    expect([compressed.headers.get('content-encoding'), compressed.headers.get('vary')]).toEqual([
      'gzip',
      'Accept-Encoding',
    ])
    expect((await compressed.text()).length).toBe(LARGE.length)
    const plain = await fetch(`${gateway}${path}?large`, { headers: { 'accept-encoding': 'identity' } })
    expect([plain.headers.get('content-encoding'), plain.headers.get('vary')]).toEqual([
      null,
      'Accept-Encoding',
    ])
    expect((await plain.text()).length).toBe(LARGE.length)
    // The service has not compressed it, so the gateway does not either.
    const left = await fetch(`${gateway}${path}?large`, { headers: { 'accept-encoding': 'gzip' } })
    expect([left.headers.get('content-encoding'), left.headers.get('vary')]).toEqual([
      null,
      'Accept-Encoding',
    ])
  },
)

test('the gateway compresses what services leave as it is', async () => {
  const listed = await fetch(`${gateway}/api/v1/concerts?large`, { headers: { 'accept-encoding': 'gzip' } })
  expect(listed.headers.get('content-encoding')).toBe('gzip')
})

test('a path that belongs to nobody is answered in JSON', async () => {
  const answer = await fetch(`${gateway}/api/v2/nothing`)
  expect(answer.status).toBe(404)
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
  const requestId = answer.headers.get('x-request-id')
  expect(requestId).toMatch(/^[0-9a-f]{8}-[0-9]+-[0-9]+$/)
  expect(await answer.json()).toEqual({
    success: false,
    error: { code: 'NOT_FOUND', message: 'no such path', details: null, requestId },
  })
})

test('a client that asks for problem details gets them from the gateway too', async () => {
  const answer = await fetch(`${gateway}/api/v1/nothing`, {
    headers: { accept: 'application/problem+json' },
  })
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(await answer.json()).toMatchObject({ status: 404, code: 'NOT_FOUND', title: 'NOT_FOUND' })
})

test.each(['/api/v1/users/1/balance', '/api/v1/admin/wallets/1/adjustments'])(
  '%s of a service that is down is 503 with Retry-After, at once',
  async (path) => {
    const answer = await fetch(gateway + path)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toMatch(/^[123]$/)
    expect(await answer.json()).toMatchObject({ success: false, error: { code: 'UNAVAILABLE' } })
  },
)

test.each(['/api/v1/payments', '/health/ready'])('a body above 64 KB is 413 at %s', async (path) => {
  const answer = await fetch(gateway + path, { method: 'POST', body: 'x'.repeat(70_000) })
  expect(answer.status).toBe(413)
  expect(await answer.json()).toMatchObject({ success: false, error: { code: 'PAYLOAD_TOO_LARGE' } })
})

test.each([
  ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['a broken header', 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: many\r\n\r\n', 400],
  ['headers too large', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`, 431],
  ['a long address', `GET /${'a'.repeat(40_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
])('%s is answered in JSON', async (_what, text, status) => {
  const answer = await sendRaw(text)
  expect(answer).toContain(`HTTP/1.1 ${status} `)
  expect(answer).toContain('"code":"INVALID_REQUEST"')
  expect(answer).not.toContain('<html')
})

test("a provider's event goes to payment with its bytes and its signature, and has a limit of requests of its own", async () => {
  const path = '/api/v1/providers/stripe/events'
  const sent = '{\n  "id": "evt_1",  "name": "\u00e9\u1100"\n}'
  const headers = { 'Stripe-Signature': 't=1,v1=00', 'Content-Type': 'application/json; charset=utf-8' }
  // The limit by token of this gateway is 4 at once.
  for (let round = 0; round < 8; round += 1) {
    const one = { ...headers, Authorization: 'Bearer a.b.one-sender' }
    const response = await fetch(`${gateway}${path}`, { method: 'POST', headers: one, body: sent })
    expect([response.status, await response.json()]).toEqual([200, { upstream: 'payment', received: sent }])
  }
  expect(requests.at(-1)?.headers['stripe-signature']).toBe('t=1,v1=00')
  const large = await fetch(`${gateway}${path}`, { method: 'POST', headers, body: 'x'.repeat(65_537) })
  expect(large.status).toBe(413)
  expect((await fetch(`${gateway}/api/v1/providers/other/events`, { method: 'POST' })).status).toBe(404)
})

test('a token with too many requests is 429 with Retry-After, another is not', async () => {
  const ask = (token: string): Promise<Response> =>
    fetch(`${gateway}/api/v1/jobs/1`, { headers: { authorization: `Bearer h.p.${token}` } })
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask('first')))
  const refused = answers.filter((answer) => answer.status === 429)
  expect(refused.length).toBeGreaterThanOrEqual(5)
  expect(refused[0]?.headers.get('retry-after')).toBe('1')
  expect(await refused[0]?.json()).toMatchObject({ error: { code: 'RATE_LIMITED' } })
  expect((await ask('second')).status).toBe(200)
})

test('a browser without any other token is limited by its first queue token cookie, also by that of one schedule', async () => {
  const token = (digit: number): string => `0190aaaa-0000-7000-8000-00000000000${digit}`
  const statuses = async (cookie: string): Promise<number[]> => {
    const ask = () => fetch(`${gateway}/api/v1/queue/tokens/me`, { headers: { cookie } })
    return (await Promise.all(Array.from({ length: 10 }, ask))).map(({ status }) => status)
  }
  const isRefused = (status: number): boolean => status === 429
  for (const cookie of [
    `tokenId=${token(1)}`,
    `tokenId_7=${token(2)}`,
    `a=b; tokenId_7=${token(3)}; tokenId=${token(4)}`,
  ]) {
    expect((await statuses(cookie)).filter(isRefused).length).toBeGreaterThanOrEqual(5)
  }
  expect(await statuses(`tokenId_x=${token(5)}; tokenId_7=junk`)).not.toContain(429)
})

test('a good request id goes to the service and back, a bad one is replaced', async () => {
  const good = await fetch(`${gateway}/api/v1/jobs/2`, { headers: { 'x-request-id': 'my-id.1' } })
  expect(good.headers.get('x-request-id')).toBe('my-id.1')
  expect(requests.findLast(({ url }) => url === '/api/v1/jobs/2')?.headers['x-request-id']).toBe('my-id.1')
  const bad = await fetch(`${gateway}/api/v1/jobs/3`, { headers: { 'x-request-id': '"><script>' } })
  expect(bad.headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}-[0-9]+-[0-9]+$/)
})

test('the client address is what the gateway sees, not what the client says', async () => {
  await fetch(`${gateway}/api/v1/jobs/4`, { headers: { 'x-forwarded-for': '9.9.9.9' } })
  expect(requests.findLast(({ url }) => url === '/api/v1/jobs/4')?.headers['x-forwarded-for']).toBe(
    '127.0.0.1',
  )
})

test('a crowd that polls now-serving costs the service one request', async () => {
  const path = '/api/v1/queue/schedules/42/now-serving'
  const began = performance.now()
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) => fetch(`${gateway}${path}?break-the-cache=${i}`)),
  )
  const bodies = new Set(await Promise.all(answers.map((answer) => answer.text())))
  // One a second, and the crowd may come over the end of one.
  const allowed = 2 + Math.floor((performance.now() - began) / 1_000)
  expect(requests.filter(({ url }) => url.startsWith(path)).length).toBeLessThanOrEqual(allowed)
  expect(bodies.size).toBeLessThanOrEqual(allowed)
  const ids = new Set(answers.map((answer) => answer.headers.get('x-request-id')))
  expect(ids.size).toBe(50)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9]+-[0-9]+$/)
})

test('an answer of the cached path that sets a cookie is not stored, and its cookie is not passed on', async () => {
  const path = '/api/v1/queue/schedules/45/now-serving'
  for (let time = 1; time <= 3; time += 1) {
    const answer = await fetch(gateway + path)
    expect(answer.status).toBe(200)
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(requests.filter(({ url }) => url === path)).toHaveLength(time)
  }
})

test('a path with escaped dots is asked for, and cached, as the path it resolves to', async () => {
  const answer = await sendRaw(
    'GET /api/v1/queue/schedules/44/%2e%2e/43/now-serving?x=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  )
  expect(answer).toMatch(/^HTTP\/1.1 200/)
  expect(requests.at(-1)?.url).toBe('/api/v1/queue/schedules/43/now-serving')
})

test.each([
  [
    'a method of another protocol',
    'PROPFIND /api/v1/concerts HTTP/1.1\r\nHost: x',
    405,
    'METHOD_NOT_ALLOWED',
  ],
  [
    'an unknown method',
    'BREW /api/v1/queue/schedules/1/now-serving HTTP/1.1\r\nHost: x',
    405,
    'METHOD_NOT_ALLOWED',
  ],
  ['another version of HTTP', 'GET /api/v1/concerts HTTP/9.0\r\nHost: x', 400, 'INVALID_REQUEST'],
  [
    'an unknown transfer coding',
    'POST /api/v1/reservations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip',
    400,
    'INVALID_REQUEST',
  ],
  [
    'a condition that does not hold',
    'GET /health/live HTTP/1.1\r\nHost: x\r\nIf-Match: "x"',
    412,
    'INVALID_REQUEST',
  ],
])('%s is refused in JSON', async (_name, head, status, code) => {
  const answer = await sendRaw(`${head}\r\nConnection: close\r\n\r\n`)
  expect(answer).toContain(`HTTP/1.1 ${status}`)
  expect(answer).toContain(`"code":"${code}"`)
  expect(answer).not.toContain('<html')
})

test('TLS serves the same', async () => {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { host: '127.0.0.1', port: tlsPort, path: '/health/live', rejectUnauthorized: false }
    httpsRequest(options, resolve).once('error', reject).end()
  })
  response.resume()
  expect(response.statusCode).toBe(200)
  const plain = await fetch(`http://127.0.0.1:${tlsPort}/health/live`)
  expect(plain.status).toBe(400)
  expect(await plain.json()).toMatchObject({ error: { code: 'INVALID_REQUEST' } })
})

test('pages are told where to sign in, what money is taken in, how much at once, and that cards are real unless somebody says otherwise', async () => {
  const answer = await fetch(`${gateway}/config.json`)
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  expect(answer.headers.get('cache-control')).toBe('no-cache')
  expect(await answer.json()).toEqual({
    issuer: 'https://id.example/realms/frontrow',
    clientId: 'frontrow-web',
    resource: '',
    currency: 'eur',
    testCards: false,
    stripePublishableKey: '',
    seatsPerUserMax: 4,
    chargeAmountMin: 1_000,
    chargeAmountMax: 1_000_000,
    joinCheck: 'none',
  })
})

test('the identity provider is told by which address it was asked, and no claim of a client about that', async () => {
  await fetch(`${gateway}/identity/auth`, {
    headers: { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'elsewhere.example' },
  })
  const asked = requests.findLast(({ name }) => name === 'identity')?.headers
  expect(asked).toMatchObject({ host: `127.0.0.1:${port}`, 'x-forwarded-proto': 'http' })
  expect(asked?.['x-forwarded-host']).toBeFalsy()
})

test('a read that nobody answers in time is refused with when to come back, but not the wait for the end of a job', async () => {
  const job = fetch(`${gateway}/api/v1/jobs/1?wait=30`)
  const paths = [
    '/jobs/1',
    '/queue/tokens/me',
    '/concerts/1/schedules',
    '/reservations',
    '/admin/schedules/1/seats/states',
  ]
  const answers = paths.map(async (path) => {
    const answer = await fetch(`${gateway}/api/v1${path}?mute`, { headers: { Prefer: 'wait=30' } })
    return [answer.status, answer.headers.get('retry-after'), await answer.json()]
  })
  for (const answer of await Promise.all(answers)) {
    expect(answer).toEqual([
      503,
      expect.stringMatching(/^[123]$/),
      expect.objectContaining({ success: false }),
    ])
  }
  readsGivenUp.resolve(undefined)
  expect((await job).status).toBe(200)
})
