import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { startGateway } from './start-gateway.ts'
import type { StartedGateway } from './start-gateway.ts'

let gateway: StartedGateway

beforeAll(async () => {
  gateway = await startGateway({ serve })
})

afterAll(() => gateway?.stop())

/** Answers as the services do: which pages may be kept is said by the queue, refusals have the form that was asked for. */
function serve(request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? ''
  const isProblem = request.headers.accept?.includes('problem+json') === true
  response.statusCode = url.includes('/404') ? 404 : 200
  if (url.includes('from=1001')) response.setHeader('Cache-Control', 'public, max-age=300')
  else if (url.includes('/fairness')) response.setHeader('Cache-Control', 'public, max-age=1')
  response.setHeader('Content-Type', isProblem ? 'application/problem+json' : 'application/json')
  response.end(
    JSON.stringify({ number: gateway.passedOn.length, language: request.headers['accept-language'] }),
  )
}

async function ask(path: string, headers: Record<string, string> = {}): Promise<Response> {
  const answer = await fetch(gateway.url + path, { headers })
  await answer.clone().text()
  return answer
}

const asked = (path: string): number => gateway.passedOn.filter((line) => line === `GET ${path}`).length

/** Returns how many seconds had begun until all were answered. */
async function askAtOnce(count: number, path: string, headers: Record<string, string> = {}): Promise<number> {
  const began = performance.now()
  await Promise.all(Array.from({ length: count }, () => ask(path, headers)))
  return Math.ceil((performance.now() - began) / 1_000)
}

test('a full page of the log of admissions is asked for once, for all', async () => {
  const path = '/api/v1/queue/schedules/1/fairness?from=1001'
  await askAtOnce(20, path)
  await askAtOnce(20, path, { authorization: 'Bearer h.p.s' })
  expect(asked(path)).toBe(1)
  expect((await ask(path)).headers.get('cache-control')).toBe('public, max-age=300')
})

test.each([
  '/api/v1/queue/schedules/1/fairness',
  '/api/v1/queue/schedules/1/fairness?from=1',
  '/api/v1/queue/schedules/1/now-serving',
  '/api/v1/concerts',
  '/api/v1/concerts/7',
  '/api/v1/concerts?limit=2&query=a',
])('a crowd that reads %s at once costs the service one request', async (path) => {
  const seconds = await askAtOnce(30, path)
  expect(asked(path)).toBeGreaterThanOrEqual(1)
  // One for each second that an answer is kept, and two for a crowd that comes as one runs out.
  expect(asked(path)).toBeLessThanOrEqual(2 + seconds)
})

test('whether the system is ready is asked of the services once for all who look', async () => {
  const seconds = await Promise.all([askAtOnce(20, '/health/ready'), askAtOnce(20, '/health')])
  expect(asked('/health/system')).toBeLessThanOrEqual(2 + Math.max(...seconds))
})

test.each([
  '/api/v1/concerts/7/schedules/1',
  '/api/v1/concerts/7/schedules',
  '/api/v1/queue/schedules/1/fairness?from=17',
])('%s, which changes or is of one reader, is not kept', async (path) => {
  await askAtOnce(5, path)
  expect(asked(path)).toBe(5)
})

test('who has signed in reads concerts as they are now', async () => {
  const path = '/api/v1/concerts?limit=9'
  await askAtOnce(3, path, { authorization: 'Bearer h.p.s' })
  expect(asked(path)).toBe(3)
})

test("a refusal that is kept has the form that its reader asked for, not that of another, and nobody's language", async () => {
  const path = '/api/v1/queue/schedules/404/now-serving'
  for (const [accept, type] of [
    ['application/problem+json', 'application/problem+json'],
    ['*/*', 'application/json'],
    ['text/html, application/problem+json', 'application/problem+json'],
  ] as const) {
    const answer = await ask(path, { accept, 'accept-language': 'ko' })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([404, type])
    expect(await answer.json()).not.toHaveProperty('language')
  }
})
