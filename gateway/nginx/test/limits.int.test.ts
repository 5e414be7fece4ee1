import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '@frontrow/test-kit/eventually'
import { sendRaw, startGateway } from './start-gateway.ts'
import type { StartedGateway } from './start-gateway.ts'

const LIMITED = {
  READS: 3,
  SCHEDULES: 10,
  LOG_PAGES: 2,
  ANONYMOUS: 4,
  JOINS: 5,
  CHALLENGES: 12,
  HOLDS: 6,
  PAYMENTS: 7,
  STREAMS: 8,
  ADMIN: 9,
}
let gateway: StartedGateway
let addresses = 0

beforeAll(async () => {
  const limits = Object.entries(LIMITED).flatMap(([kind, burst]) => [
    [`ADDRESS_${kind}_PER_SECOND`, '1'],
    // One more than the burst is taken at once: the one that the rate lets through.
    [`ADDRESS_${kind}_BURST`, String(burst - 1)],
  ])
  gateway = await startGateway({
    limits: { ...Object.fromEntries(limits), TOKEN_REQUESTS_PER_SECOND: '1', TOKEN_BURST: '19' },
    connections: {
      TRUSTED_PROXIES: '127.0.0.1 10.0.0.0/8',
      BLOCKED_NETWORKS: '203.0.113.0/25 2001:db8:bad::/48',
      EXEMPT_NETWORKS: '192.0.2.0/24',
    },
  })
})

afterAll(() => gateway?.stop())

/** An address that nobody has used yet. */
const freshAddress = (): string => `198.51.100.${(addresses += 1)}`

interface Ask {
  method?: string
  headers?: Record<string, string>
}

/** The statuses of requests that come at once through the trusted proxy, from one address. */
async function statuses(
  count: number,
  path: string,
  from: string,
  { method = 'GET', headers = {} }: Ask = {},
) {
  const asked = Array.from({ length: count }, (_, number) =>
    fetch(gateway.url + path.replace('#', String(number)), {
      method,
      headers: { 'x-forwarded-for': from, ...headers },
    }),
  )
  return Promise.all(asked.map(async (answer) => (await answer).status))
}

const TRIED = 60
const passed = (all: readonly number[]): number => all.filter((status) => status !== 429).length

/** That about so many got through: the rate lets one more through for each second that the requests took. */
function expectLimit(all: readonly number[], limit: number): void {
  expect(passed(all)).toBeGreaterThanOrEqual(limit)
  expect(passed(all)).toBeLessThan(TRIED / 2)
}

const signedIn = (number: number): Record<string, string> => ({
  authorization: `Bearer h.p.signature${number}`,
})

test.each([
  ['schedules of a concert', '/api/v1/concerts/1/schedules?a=#', 'GET', LIMITED.READS],
  ['schedules', '/api/v1/concerts/1/schedules/#', 'GET', LIMITED.SCHEDULES],
  ['concerts', '/api/v1/concerts/#', 'GET', LIMITED.READS],
  ['layouts of seats', '/api/v1/concerts/1/schedules/1/seats/layout/#', 'GET', LIMITED.READS],
  ['keys of tickets', '/api/v1/tickets/keys?a=#', 'GET', LIMITED.READS],
  ['files of the API reference', '/docs/#', 'GET', LIMITED.READS],
  ['the document of the API reference', '/api/v1/openapi.json?a=#', 'GET', LIMITED.READS],
  ['pages of the log of admissions', '/api/v1/queue/schedules/1/fairness?from=#', 'GET', LIMITED.LOG_PAGES],
  ['requests without a token', '/api/v1/reservations/#', 'GET', LIMITED.ANONYMOUS],
])('%s of one address have a limit, and those of another have theirs', async (_what, path, method, limit) => {
  const from = freshAddress()
  expectLimit(await statuses(TRIED, path, from, { method }), limit)
  expect(passed(await statuses(1, path, freshAddress(), { method }))).toBe(1)
  // What is no token, in whichever header, makes nobody less anonymous.
  const headers = { cookie: 'theme=dark; tokenId=none', authorization: 'Bearer none' }
  expectLimit(await statuses(TRIED, path, freshAddress(), { method, headers }), limit)
})

test.each([
  ['joins', 'POST', '/api/v1/queue/tokens', LIMITED.JOINS],
  ['challenges', 'GET', '/api/v1/queue/schedules/7/challenge', LIMITED.CHALLENGES],
  ['holds', 'POST', '/api/v1/reservations', LIMITED.HOLDS],
  ['payments', 'POST', '/api/v1/payments', LIMITED.PAYMENTS],
  ['charges', 'POST', '/api/v1/users/1/balance/charge', LIMITED.PAYMENTS],
  ['streams of places', 'GET', '/api/v1/queue/tokens/me/events', LIMITED.STREAMS],
  ['streams of seats', 'GET', '/api/v1/concerts/1/schedules/1/seats/events', LIMITED.STREAMS],
  ['requests of admins', 'GET', '/api/v1/admin/queues/1', LIMITED.ADMIN],
])(
  '%s of one address have a limit of their own, whatever tokens come with them',
  async (_what, method, path, limit) => {
    const from = freshAddress()
    const answers = Array.from({ length: TRIED }, (_, number) =>
      statuses(1, path, from, { method, headers: signedIn(number) }),
    )
    expectLimit((await Promise.all(answers)).flat(), limit)
    // Other work of the same address goes on.
    expect(await statuses(1, '/api/v1/queue/tokens/me', from, { headers: signedIn(TRIED) })).toEqual([200])
  },
)

test('a crowd behind one address reads how far the line is as often as it may read at all, without tokens', async () => {
  const path = '/api/v1/queue/schedules/1/now-serving'
  expect(passed(await statuses(TRIED, path, freshAddress()))).toBe(TRIED)
})

test('a queue token that is spelled in other ways is not another token', async () => {
  const token = '0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee'
  const spelled = (number: number): string =>
    Array.from(token, (letter, at) => (((number + 1) >> (at % 6)) & 1 ? letter.toUpperCase() : letter)).join(
      '',
    )
  for (const named of [
    (number: number) => ({ 'queue-token': spelled(number) }),
    (number: number) => ({ cookie: `tokenId_7=${spelled(number)}` }),
  ]) {
    const from = freshAddress()
    const answers = Array.from({ length: TRIED }, (_, number) =>
      statuses(1, '/api/v1/queue/tokens/me', from, { headers: named(number) }),
    )
    expectLimit((await Promise.all(answers)).flat(), 20)
  }
})

test('behind a proxy that is trusted the client is whom it names, past other proxies that are', async () => {
  await fetch(`${gateway.url}/api/v1/jobs/1`, {
    headers: { 'x-forwarded-for': '6.6.6.6, 198.51.100.250, 10.1.2.3' },
  })
  expect(gateway.forwardedFor.at(-1)).toBe('198.51.100.250')
})

test('networks that are blocked are answered 403, by the address of the client', async () => {
  expect(await statuses(1, '/api/v1/concerts', '203.0.113.7')).toEqual([403])
  expect(await statuses(1, '/config.json', '2001:db8:bad::1')).toEqual([403])
  expect(await statuses(1, '/api/v1/concerts', '203.0.113.200')).toEqual([200])
  const answer = await fetch(`${gateway.url}/concerts/1`, { headers: { 'x-forwarded-for': '203.0.113.7' } })
  expect(await answer.json()).toMatchObject({
    error: { code: 'FORBIDDEN', message: 'this address is not served' },
  })
})

test('networks that are exempt have no limit by address', async () => {
  expect(passed(await statuses(TRIED, '/api/v1/concerts/1/schedules/#', '192.0.2.9'))).toBe(TRIED)
})

test('the PROXY protocol names the client, and who does not speak it is not heard', async () => {
  const proxied = await startGateway({ connections: { TRUSTED_PROXIES: '127.0.0.1', PROXY_PROTOCOL: 'yes' } })
  try {
    const request =
      'GET /api/v1/jobs/1 HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 6.6.6.6\r\nConnection: close\r\n\r\n'
    const head = 'PROXY TCP4 198.51.100.77 127.0.0.1 4711 80\r\n'
    expect(await sendRaw(proxied.port, head + request)).toContain('HTTP/1.1 200 OK')
    expect(proxied.forwardedFor).toEqual(['198.51.100.77'])
    expect(await sendRaw(proxied.port, request)).not.toContain('200 OK')
    expect(proxied.forwardedFor).toHaveLength(1)
  } finally {
    await proxied.stop()
  }
})

test('lists of networks are read again when they change, and a line that is none spoils nothing', async () => {
  const networksFolder = mkdtempSync(join(tmpdir(), 'frontrow-networks-'))
  const said: string[] = []
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0)
  const write = (list: string, text: string): void => writeFileSync(join(networksFolder, list), text)
  write('blocked', '# nobody yet\n')
  const changing = await startGateway({
    networksFolder,
    connections: { TRUSTED_PROXIES: '127.0.0.1' },
    limits: { ADDRESS_READS_PER_SECOND: '1', ADDRESS_READS_BURST: '1' },
  })
  try {
    const statusFor = async (address: string): Promise<number> =>
      (await fetch(`${changing.url}/api/v1/openapi.json`, { headers: { 'x-forwarded-for': address } })).status
    expect(await statusFor('198.51.100.1')).toBe(200)
    write('exempt', '192.0.2.0/24\n')
    write('blocked', '198.51.100.0/28  # an attack\nnot a network;\n2001:db8::/200\nfe80::1%eth0\n')
    await eventually(async () => expect(await statusFor('198.51.100.2')).toBe(403))
    for (let count = 0; count < 30; count += 1) expect(await statusFor('192.0.2.1')).toBe(200)
    // A list that can't be read leaves both as they are, and is followed again when it can.
    rmSync(join(networksFolder, 'exempt'))
    mkdirSync(join(networksFolder, 'exempt'))
    write('blocked', '203.0.113.0/28\n')
    await eventually(() => expect(said.join('')).toContain('stay as they were: EISDIR'))
    expect(await statusFor('198.51.100.2')).toBe(403)
    rmSync(join(networksFolder, 'exempt'), { recursive: true })
    write('blocked', '')
    await eventually(async () => expect(await statusFor('198.51.100.3')).toBe(200))
    // It is still the one that was started.
    expect(process.kill(changing.pid, 0)).toBe(true)
  } finally {
    jest.restoreAllMocks()
    await changing.stop()
    rmSync(networksFolder, { recursive: true, force: true })
  }
})

test('people behind one address all buy with the limits that docs/operations.md names for so many', async () => {
  // A hundredth of the 3,000 there, with a hundredth of the limits.
  const people = 30
  const office = await startGateway({
    connections: { TRUSTED_PROXIES: '127.0.0.1' },
    limits: {
      ADDRESS_REQUESTS_PER_SECOND: String(people),
      ADDRESS_BURST: String(people * 20),
      ADDRESS_CONNECTIONS: String(people * 3),
      ADDRESS_READS_BURST: String(people * 4),
      ADDRESS_SCHEDULES_PER_SECOND: String(people / 5),
      ADDRESS_SCHEDULES_BURST: String(people),
      ADDRESS_ANONYMOUS_BURST: String(people * 4),
      ADDRESS_JOINS_BURST: String(people),
      ADDRESS_CHALLENGES_BURST: String(people),
      ADDRESS_HOLDS_BURST: String(people),
      ADDRESS_PAYMENTS_BURST: String(people),
      ADDRESS_STREAMS_BURST: String(people * 2),
    },
  })
  const steps: [method: string, path: string][] = [
    ['GET', '/api/v1/concerts'],
    ['GET', '/api/v1/concerts/1'],
    ['GET', '/api/v1/concerts/1/schedules'],
    ['GET', '/api/v1/concerts/1/schedules/1'],
    ['GET', '/api/v1/queue/schedules/1/challenge'],
    ['POST', '/api/v1/queue/tokens'],
    ['GET', '/api/v1/queue/tokens/me/events'],
    ['GET', '/api/v1/queue/tokens/me'],
    ['GET', '/api/v1/concerts/1/schedules/1/seats'],
    ['GET', '/api/v1/concerts/1/schedules/1/seats/events'],
    ['POST', '/api/v1/reservations'],
    ['POST', '/api/v1/payments'],
  ]
  try {
    const buy = async (person: number): Promise<number[]> => {
      const seen: number[] = []
      for (const [method, path] of steps) {
        const headers = { 'x-forwarded-for': '198.51.100.254', ...signedIn(person) }
        seen.push((await fetch(office.url + path, { method, headers })).status)
      }
      return seen
    }
    const all = await Promise.all(Array.from({ length: people }, (_, person) => buy(person)))
    expect(new Set(all.flat())).toEqual(new Set([200]))
  } finally {
    await office.stop()
  }
})
