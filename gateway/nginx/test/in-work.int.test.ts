import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { eventually } from '@frontrow/test-kit/eventually'
import { startGateway } from './start-gateway.ts'
import type { StartedGateway } from './start-gateway.ts'

const READS = 3
const WRITES = 2
const PAYMENTS = 4
const ASKED = 9

/** What a service has in work, until it is answered. */
let inWork: ServerResponse[] = []
let answersAtOnce = false
let gateway: StartedGateway

beforeAll(async () => {
  gateway = await startGateway({
    serve: (_request, response) => {
      inWork.push(response)
      if (answersAtOnce) answerAll()
    },
    // A read must not be given up by a machine that is busy with other tests.
    readTimeoutSeconds: 60,
    limits: {
      READS_IN_WORK: String(READS),
      WRITES_IN_WORK: String(WRITES),
      PAYMENTS_IN_WORK: String(PAYMENTS),
    },
  })
})

afterAll(() => gateway?.stop())

afterEach(async () => {
  answerAll()
  answersAtOnce = false
  gateway.passedOn.length = 0
})

function answerAll(): void {
  for (const response of inWork.splice(0)) response.setHeader('Content-Type', 'application/json').end('{}')
}

const ask = (method: string, path: string): Promise<Response> => fetch(gateway.url + path, { method })

const statusOf = async (asked: Promise<Response>): Promise<number> => (await asked).status

/** Resolves when the service has so many in work. */
const working = (count: number): Promise<void> =>
  eventually(() => expect(inWork.length).toBe(count), { withinMs: 20_000 })

test.each([
  ['polls', 'GET', '/api/v1/queue/tokens/me', READS],
  ['reads of concerts', 'GET', '/api/v1/concerts/1/schedules', READS],
  ['reads of reservations', 'GET', '/api/v1/reservations', READS],
  ['reads of payments', 'GET', '/api/v1/payments/1', READS],
  ['reads of wallets', 'GET', '/api/v1/users/1/balance', READS],
  ['joins', 'POST', '/api/v1/queue/tokens', WRITES],
  ['holds', 'POST', '/api/v1/reservations', WRITES],
  ['what admins write', 'POST', '/api/v1/admin/concerts', WRITES],
  ['payments', 'POST', '/api/v1/payments', PAYMENTS],
  ['charges', 'POST', '/api/v1/users/1/balance/charge', PAYMENTS],
])(
  'of %s an instance has so many in work at most, and what is more is refused at once, before it gets there',
  async (_what, method, path, most) => {
    const asked = Array.from({ length: ASKED }, () => ask(method, path))
    const refused: Response[] = []
    for (const one of asked) void one.then((answer) => answer.status === 503 && refused.push(answer))
    await eventually(() => expect(refused.length).toBe(ASKED - most), { withinMs: 20_000 })
    await working(most)
    expect(gateway.passedOn).toHaveLength(most)
    for (const answer of refused) {
      expect(answer.headers.get('retry-after')).toMatch(/^[123]$/)
      expect(await answer.json()).toMatchObject({ success: false, error: { code: 'UNAVAILABLE' } })
    }

    answerAll()
    expect((await Promise.all(asked.map(statusOf))).filter((status) => status === 200)).toHaveLength(most)
    // There is room again, once the process of Nginx that had them has heard of it.
    answersAtOnce = true
    await eventually(async () => expect(await statusOf(ask(method, path))).toBe(200), { withinMs: 20_000 })
  },
)

test('who polls takes no room from those who leave, join, read another service, or follow a stream', async () => {
  const polls = Array.from({ length: READS }, () => ask('GET', '/api/v1/queue/tokens/me'))
  await working(READS)
  const others = [
    ask('DELETE', '/api/v1/queue/tokens/me'),
    ask('POST', '/api/v1/queue/tokens'),
    ask('GET', '/api/v1/concerts'),
    ask('GET', '/api/v1/queue/tokens/me/events'),
    ask('GET', '/api/v1/queue/schedules/1/now-serving'),
  ]
  await working(READS + others.length)
  answerAll()
  const statuses = await Promise.all([...polls, ...others].map(statusOf))
  expect(new Set(statuses)).toEqual(new Set([200]))
})

test('who sends a body slowly takes nobody else’s room', async () => {
  const slow = await Promise.all(
    Array.from({ length: WRITES * 2 }, () => sendHalfABody('/api/v1/queue/tokens')),
  )
  const join = ask('POST', '/api/v1/queue/tokens')
  await working(1)
  answerAll()
  expect(await statusOf(join)).toBe(200)
  for (const socket of slow) socket.destroy()
})

/** Resolves when the gateway has all but the end of a request. */
function sendHalfABody(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: gateway.port })
    socket.once('error', reject)
    // It asks for the body when it begins to read it, which is where it would count one that it counted by then.
    socket.once('data', () => resolve(socket))
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n12345`,
    )
  })
}
