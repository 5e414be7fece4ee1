import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { connect as connectHttp2, constants } from 'node:http2'
import type { ClientHttp2Session } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { connect as connectTcp } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ConnectionOptions } from 'node:tls'
import { eventually } from '@frontrow/test-kit/eventually'
import { sendRaw, startGateway } from './start-gateway.ts'
import type { StartedGateway } from './start-gateway.ts'

const FILES_MAX = 512
let gateway: StartedGateway
let redirecting: StartedGateway

beforeAll(async () => {
  gateway = await startGateway({ openFilesMax: FILES_MAX })
  redirecting = await startGateway({ connections: { REDIRECT_TO_HTTPS: 'yes', HTTPS_PORT: 443 } })
})

afterAll(async () => {
  await gateway?.stop()
  await redirecting?.stop()
})

function askByTls(path: string, host: string, of = gateway): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port: of.tlsPort,
      path,
      rejectUnauthorized: false,
      headers: { host },
    }
    httpsRequest(options, (answer) => {
      answer.resume()
      resolve(answer)
    })
      .once('error', reject)
      .end()
  })
}

test.each(['/', '/assets/gone.js', '/api/v1/concerts', '/api/v1/nothing', '/config.json', '/health/live'])(
  '%s by TLS tells browsers to come by TLS only, and is taken for no other type than it says',
  async (path) => {
    const { headers } = await askByTls(path, 'tickets.example', redirecting)
    expect(headers['strict-transport-security']).toBe('max-age=31536000')
    expect(headers['x-content-type-options']).toBe('nosniff')
    const plain = await fetch(gateway.url + path)
    expect(plain.headers.get('strict-transport-security')).toBeNull()
    expect(plain.headers.get('x-content-type-options')).toBe('nosniff')
  },
)

test('a machine that is only itself is not told so: its other programs have the same name', async () => {
  for (const host of ['localhost', '127.0.0.1:8443', 'shop.localhost']) {
    expect((await askByTls('/', host, redirecting)).headers['strict-transport-security']).toBeUndefined()
  }
})

test('a host whose HTTPS is elsewhere is not told so, since browsers would keep it for its other ports', async () => {
  expect((await askByTls('/', 'tickets.example:8443')).headers['strict-transport-security']).toBeUndefined()
})

test('who comes by HTTP is sent to the same address by HTTPS, health checks are not', async () => {
  const ask = (path: string, method = 'GET') => fetch(redirecting.url + path, { method, redirect: 'manual' })
  const before = redirecting.passedOn.length
  const answer = await ask('/api/v1/queue/tokens?a=%2Fb', 'POST')
  expect(answer.status).toBe(308)
  expect(answer.headers.get('location')).toBe('https://127.0.0.1/api/v1/queue/tokens?a=%2Fb')
  expect(await answer.json()).toMatchObject({ success: false, error: { code: 'HTTPS_REQUIRED' } })
  expect((await ask('/health/live')).status).toBe(200)
  expect((await ask('/health/ready')).status).toBe(200)
  expect(redirecting.passedOn.slice(before).filter((line) => !line.includes('/health/'))).toEqual([])
})

function handshake(options: ConnectionOptions): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTls({
      host: '127.0.0.1',
      port: gateway.tlsPort,
      rejectUnauthorized: false,
      ...options,
    })
    socket.once('error', () => resolve('refused'))
    socket.once('secureConnect', () => {
      resolve(`${socket.getProtocol()} ${socket.getCipher().name}`)
      socket.destroy()
    })
  })
}

test('old versions of TLS and ciphers that do not authenticate are refused', async () => {
  const old = { ciphers: 'ALL:@SECLEVEL=0' } as const
  expect(await handshake({ ...old, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })).toBe('refused')
  expect(await handshake({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' })).toBe('refused')
  expect(await handshake({ maxVersion: 'TLSv1.2' })).toMatch(/^TLSv1\.2 ECDHE-ECDSA-.*(?:GCM|POLY1305)/)
  expect(await handshake({})).toMatch(/^TLSv1\.3 /)
})

function http2Session(): ClientHttp2Session {
  const session = connectHttp2(`https://127.0.0.1:${gateway.tlsPort}`, { rejectUnauthorized: false })
  session.on('error', () => {})
  return session
}

test('HTTP/2 is spoken by TLS', async () => {
  const session = http2Session()
  try {
    const stream = session.request({ ':path': '/api/v1/nothing' })
    const [headers] = await once(stream, 'response')
    expect(headers).toMatchObject({ ':status': 404, 'content-type': 'application/json; charset=utf-8' })
    expect(session.remoteSettings.maxConcurrentStreams).toBe(64)
  } finally {
    session.destroy()
  }
})

test('a connection that opens streams and resets them at once is closed, and few of them reach a service', async () => {
  const before = gateway.passedOn.length
  const session = http2Session()
  await once(session, 'connect')
  let opened = 0
  const closed = once(session, 'close')
  const openMore = (): void => {
    for (let count = 0; count < 50 && !session.closed && !session.destroyed; count += 1) {
      const stream = session.request({ ':path': `/api/v1/users/${opened}/balance` })
      stream.on('error', () => {})
      stream.close(constants.NGHTTP2_CANCEL)
      opened += 1
    }
    if (!session.closed && !session.destroyed && opened < 20_000) setImmediate(openMore)
  }
  openMore()
  await closed
  expect(gateway.passedOn.length - before).toBeLessThanOrEqual(1_000)
})

const CHUNKED = 'HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n'

test.each([
  ['a broken chunked body to a service', `POST /api/v1/queue/tokens ${CHUNKED}zz\r\n`, 400],
  ['a broken chunked body to no path', `POST /api/v1/nothing ${CHUNKED}zz\r\n`, 400],
  ['a broken chunked body to a page', `POST /concerts/1 ${CHUNKED}zz\r\n`, 400],
  ['a broken chunked body with an unknown method', `BREW /api/v1/concerts ${CHUNKED}zz\r\n`, 400],
  ['a chunk that is too large', `POST /api/v1/queue/tokens ${CHUNKED}20000\r\n${'x'.repeat(131_072)}`, 413],
  ['a request line of other words', 'HELLO\r\n\r\n', 400],
  ['a request line with a control character', 'GET /\u0001 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  [
    'two lengths',
    'POST /api/v1/queue/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    400,
  ],
  ['a name that is none', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n', 400],
  ['too long an address', `GET /${'a'.repeat(40_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 414],
  ['headers too large', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`, 431],
  ['TRACE', 'TRACE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 405],
  // Nginx up to 1.27 takes this for no HTTP, later ones for a method that is not allowed.
  ['CONNECT', 'CONNECT x:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', '40[05]'],
])('%s is refused in JSON', async (_what, text, status) => {
  const answer = await sendRaw(gateway.port, text)
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(answer).toContain('Content-Type: application/json')
  expect(answer).toContain('{"success":false,"error":{"code":')
  expect(answer).not.toContain('<html')
})

test('the log of refusals names what was asked, and no query', async () => {
  await fetch(`${gateway.url}/api/v1/logged?code=secret`, { method: 'PUT', body: '{}' })
  await eventually(() => {
    const lines = readFileSync(gateway.accessLogFile, 'utf8').trim().split('\n')
    const line = lines.find((one) => one.includes('/api/v1/logged'))
    expect(JSON.parse(line ?? '{}')).toMatchObject({ method: 'PUT', path: '/api/v1/logged', status: 404 })
    expect(lines.join('')).not.toMatch(/secret|\.errors/)
  })
})

test('more idle connections than the gateway may have files keep nobody else out', async () => {
  const idle: Socket[] = []
  try {
    for (let count = 0; count < FILES_MAX * 3; count += 1) {
      const socket = connectTcp({ host: '127.0.0.1', port: gateway.port })
      socket.on('error', () => {})
      idle.push(socket)
    }
    for (let count = 0; count < 5; count += 1) {
      const answer = await fetch(`${gateway.url}/health/live`, { signal: AbortSignal.timeout(20_000) })
      expect(answer.status).toBe(200)
    }
  } finally {
    for (const socket of idle) socket.destroy()
  }
})
