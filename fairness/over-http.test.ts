import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { verifyFairness } from './main.ts'
import { waitMs } from './ask-system.ts'
import { chained, drawnSequences, pageOf, runRoom } from './simulated-room.ts'
import type { SimulatedRoom, Step } from './simulated-room.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function serve(handler: Handler): Promise<string> {
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${portOf(server.address())}`
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port')
  return address.port
}

function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

const no = (code: string) => ({
  success: false,
  error: { code, message: 'no', details: null, requestId: 'r-1' },
})

/** Serves a room as docs/fairness.md promises it. A test may change the room at any time. */
function servePages(current: { room: SimulatedRoom }): Handler {
  return (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
    const { room } = current
    if (pathname !== `/api/v1/queue/schedules/${room.scheduleId}/fairness`) {
      json(response, 404, no('SCHEDULE_NOT_FOUND'))
      return
    }
    json(response, 200, { success: true, data: pageOf(room, Number(searchParams.get('from'))) })
  }
}

const joins = (people: number): Step[] =>
  Array.from({ length: people }, () => ({ kind: 'join', entersAfterMs: 3 }))
const busy = runRoom({
  scheduleId: 7,
  seed: '01'.repeat(32),
  entries: 5,
  steps: [
    { kind: 'pass', ms: 1_500 },
    ...joins(1_195),
    { kind: 'pass', ms: 2_000 },
    { kind: 'limit', maxActive: null, admitPerSecond: 2 },
    { kind: 'show up', which: -1 },
    { kind: 'pass', ms: 90_000 },
    { kind: 'pass', ms: 810_000 },
  ],
})

interface Outcome {
  readonly code: number
  readonly printed: string[]
  readonly complaints: string[]
  readonly pauses: number[]
}

async function run(argv: readonly string[], deadlineMs = 10_000): Promise<Outcome> {
  const [printed, complaints, pauses]: [string[], string[], number[]] = [[], [], []]
  const code = await verifyFairness(argv, {
    env: {},
    print: (line) => printed.push(line),
    complain: (line) => complaints.push(line),
    pause: (ms) => {
      pauses.push(ms)
      return Promise.resolve()
    },
    deadlineMs,
  })
  return { code, printed, complaints, pauses }
}

describe('verify-fairness', () => {
  test('reads an honest room page by page and exits 0', async () => {
    const asked: (string | undefined)[] = []
    const pages = servePages({ room: busy })
    const url = await serve((request, response) => {
      asked.push(request.url?.split('?')[1])
      pages(request, response)
    })
    const sequence = drawnSequences(busy).get(3)
    const { code, printed, complaints } = await run([
      '--schedule',
      '7',
      '--url',
      url,
      '--entry',
      `3:${sequence}`,
    ])
    expect(complaints).toEqual([])
    expect(code).toBe(0)
    expect(asked).toEqual(['from=1', 'from=1001', 'from=2001'])
    expect(printed[0]).toBe(
      `Schedule 7 at ${url}: 1,200 admissions, 1,200 ends, a draw of 5 entries ` +
        '(closed 2026-11-21T12:00:00.000Z, drawn 2026-11-21T12:00:00.000Z)',
    )
    expect(printed).toContainEqual(
      expect.stringMatching(new RegExp(`^ {2}holds +entry 3 .*sequence ${sequence},`)),
    )
    expect(printed).toContainEqual(
      expect.stringMatching(
        /^ {2}holds +everybody .*: 1,199 NO_SHOW after 90,000 ms; 1 TIME_UP after 900,000 ms$/,
      ),
    )
    expect(printed).toContain('rules now: show up within 90,000 ms, stay 900,000 ms at most')
    expect(printed).toContain(`head 2400:${busy.log.at(-1)?.hash}`)
    expect(printed.at(-1)).toBe('fairness holds')
  })

  test('names what does not hold, the admissions with it, and exits 1', async () => {
    const rows = busy.log.map((row) => (row.number === 2 ? { ...row, active: 9 } : row))
    const room = { ...busy, log: chained(busy.scheduleId, busy.commitment, rows) }
    const url = await serve(servePages({ room }))
    const { code, printed } = await run(['--schedule', '7', '--url', url])
    expect(code).toBe(1)
    const at = printed.findIndex((line) => line.includes('never more in than maxActive'))
    expect(printed[at]).toMatch(/^ {2}DOES NOT HOLD /)
    expect(printed[at + 1]).toContain('admission 2: 9 were in where 3 were allowed')
    expect(printed.at(-1)).toBe('fairness DOES NOT HOLD')
  })

  test('a head that it printed is found again, until the log is rewritten', async () => {
    const current = { room: { ...busy, log: busy.log.slice(0, 1_200) } }
    const url = await serve(servePages(current))
    const argv = ['--schedule', '7', '--url', url]
    const head =
      (await run(argv)).printed.find((line) => line.startsWith('head '))?.slice('head '.length) ?? ''
    expect(head).toMatch(/^1200:[0-9a-f]{64}$/)

    current.room = busy
    expect((await run([...argv, '--head', head])).code).toBe(0)
    current.room = { ...busy, log: chained(busy.scheduleId, busy.commitment, busy.log.slice(1)) }
    expect((await run([...argv, '--head', head])).code).toBe(1)
  })

  test('a log that grows while it is read is checked up to where it was', async () => {
    const current = { room: { ...busy, log: busy.log.slice(0, 1_200) } }
    const pages = servePages(current)
    const url = await serve((request, response) => {
      pages(request, response)
      current.room = busy
    })
    const { code, printed } = await run(['--schedule', '7', '--url', url])
    expect(code).toBe(0)
    expect(printed).toContain(`head 1200:${busy.log[1_199]?.hash}`)
  })
})

describe('a system that is busy', () => {
  test.each([
    [429, { 'retry-after': '2' }, 2_000],
    [503, { 'retry-after': '1' }, 1_000],
    [503, {}, 1_000],
  ])('%i with %j is waited for', async (status, headers, waitedMs) => {
    const pages = servePages({ room: busy })
    let refusals = 3
    const url = await serve((request, response) => {
      if (refusals === 0) return pages(request, response)
      refusals -= 1
      json(response, status, no('BUSY'), headers)
    })
    const { code, pauses } = await run(['--schedule', '7', '--url', url])
    expect(code).toBe(0)
    expect(pauses).toEqual([waitedMs, waitedMs, waitedMs])
  })

  test('is not waited for for ever', async () => {
    const url = await serve((_request, response) =>
      json(response, 503, no('UNAVAILABLE'), { 'retry-after': '1' }),
    )
    const { code, complaints, pauses } = await run(['--schedule', '7', '--url', url])
    expect(code).toBe(2)
    expect(pauses).toHaveLength(10)
    expect(complaints).toEqual([expect.stringContaining('still answers 503 after 10 waits')])
  })

  test.each([
    ['7', 7_000],
    ['86400', 30_000],
    ['Sat, 21 Nov 2026 12:00:05 GMT', 5_000],
    ['Sat, 21 Nov 2026 11:00:00 GMT', 0],
    ['soon', 1_000],
    [null, 1_000],
  ])('says %j and is waited for %i ms', (retryAfter, expected) => {
    expect(waitMs(retryAfter, Date.parse('2026-11-21T12:00:00Z'))).toBe(expected)
  })
})

describe('what is no answer as promised', () => {
  const page = pageOf(busy, 1, 3)
  const [row] = page.entries
  const ok = (data: unknown) => ({ success: true, data })

  test.each([
    ['HTML', (response: ServerResponse) => response.end('<html>'), 'does not answer as promised'],
    ['no envelope', (response: ServerResponse) => json(response, 200, page), 'success'],
    [
      'a hash in capitals',
      (response: ServerResponse) => json(response, 200, ok({ ...page, commitment: 'AB'.repeat(32) })),
      'data.commitment: 64 lower-case hex digits expected',
    ],
    [
      'a time without milliseconds',
      (response: ServerResponse) =>
        json(response, 200, ok({ ...page, entries: [{ ...row, admittedAt: '2026-11-21T12:00:00Z' }] })),
      'data.entries.0.admittedAt: a time such as',
    ],
    [
      'an entry of a kind that nobody knows',
      (response: ServerResponse) => json(response, 200, ok({ ...page, entries: [{ ...row, kind: 'LEFT' }] })),
      'data.entries.0.kind',
    ],
    [
      'an end without the fields of one',
      (response: ServerResponse) =>
        json(response, 200, ok({ ...page, entries: [{ ...row, kind: 'TIME_UP' }] })),
      'data.entries.0.endedAt',
    ],
    [
      'no settings',
      (response: ServerResponse) => json(response, 200, ok({ ...page, rules: undefined })),
      'data.rules',
    ],
    [
      'a page that is too long',
      (response: ServerResponse) =>
        json(response, 200, ok({ ...page, entries: Array.from({ length: 1_001 }, () => row) })),
      'data.entries',
    ],
    [
      'more bytes than any page has',
      (response: ServerResponse) => response.end(Buffer.alloc(5_000_000, ' ')),
      'more than 4000000 bytes',
    ],
    [
      'a redirect',
      (response: ServerResponse) => response.writeHead(301, { location: 'https://other.example/' }).end(),
      'answers 301 to "https://other.example/"',
    ],
    [
      'a refusal',
      (response: ServerResponse) => json(response, 404, no('SCHEDULE_NOT_FOUND')),
      'answers 404, "SCHEDULE_NOT_FOUND: no"',
    ],
    [
      'a refusal with codes for the terminal',
      (response: ServerResponse) => json(response, 400, no('\u001b[2J')),
      String.raw`answers 400, "\u001b[2J: no"`,
    ],
  ])('%s is told in one line, exit 2', async (_name, answer, problem) => {
    const url = await serve((_request, response) => {
      answer(response)
    })
    const { code, printed, complaints } = await run(['--schedule', '7', '--url', url])
    expect(code).toBe(2)
    expect(printed).toEqual([])
    expect(complaints).toEqual([expect.stringContaining(problem)])
    expect(complaints[0]).not.toContain('\n')
  })

  test('nothing at all: the deadline ends it', async () => {
    const url = await serve(() => undefined)
    const { code, complaints } = await run(['--schedule', '7', '--url', url], 50)
    expect(code).toBe(2)
    expect(complaints).toEqual([expect.stringContaining(`no answer from ${url} within 50 ms`)])
  })

  test('an answer that never ends: the deadline ends it too', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200).write('{"success":')
    })
    const { code, complaints } = await run(['--schedule', '7', '--url', url], 50)
    expect(code).toBe(2)
    expect(complaints).toEqual([expect.stringContaining('within 50 ms')])
  })

  test('nobody there', async () => {
    const url = await serve(() => undefined)
    await closers.pop()?.()
    const { code, complaints } = await run(['--schedule', '7', '--url', url])
    expect(code).toBe(2)
    expect(complaints).toEqual([expect.stringContaining('ECONNREFUSED')])
  })

  test('wrong arguments: one line, exit 2', async () => {
    const { code, complaints } = await run(['--schedule', 'seven'])
    expect(code).toBe(2)
    expect(complaints).toEqual([
      "verify-fairness: --schedule must be a whole number from 1 on, not 'seven' (--help shows all)",
    ])
  })
})
