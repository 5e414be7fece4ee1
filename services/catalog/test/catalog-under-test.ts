import { randomUUID } from 'node:crypto'
import { createClient } from '@frontrow/postgres/pool'
import { readConfig } from '@frontrow/service-host/config'
import { createTestEnvironment, tokenFor } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { z } from 'zod'
import { settings } from '../src/config.ts'
import { startCatalog } from '../src/start.ts'
import type { RunningCatalog } from '../src/start.ts'
import { startNeighbours } from './neighbours.ts'
import type { KnownToken, Neighbours } from './neighbours.ts'

const Envelope = z.object({
  success: z.boolean(),
  data: z.unknown().optional(),
  error: z.object({ code: z.string(), message: z.string(), details: z.unknown() }).optional(),
})

/** An answer of the REST API. */
export interface Answer extends z.output<typeof Envelope> {
  status: number
  headers: Headers
}

/** One call; `admin` and `user` sign it. */
interface Call {
  admin?: boolean
  user?: string
  headers?: Record<string, string>
  body?: unknown
}

/** A catalog service on a database of its own, with a queue and a reservation service whose answers the test sets. */
export interface CatalogUnderTest {
  environment: TestEnvironment
  catalog: RunningCatalog
  neighbours: Neighbours
  /** Connected as the owner of every table, like the migration step. */
  owner: ReturnType<typeof createClient>
  url(path: string): string
  call(method: string, path: string, call?: Call): Promise<Answer>
  callAsAdmin(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  /** A new concert with one schedule; the body is `scheduleBody` with `changes`. */
  createSchedule(changes?: object): Promise<{ concertId: number; scheduleId: number; path: string }>
  createVenue(): Promise<number>
  createConcert(title?: string): Promise<number>
  /** A token of the waiting room, ACTIVE for a minute where nothing else is said. */
  queueToken(scheduleId: number, more?: Partial<KnownToken>): string
  dispose(): Promise<void>
}

const DAY_MS = 86_400_000

/** An ISO time some days after `now`. A test that compares two of them reads the clock once and passes it to both. */
export function daysAhead(days: number, now: number = Date.now()): string {
  return new Date(now + days * DAY_MS).toISOString()
}

/** A valid body but for its venue: 50 seats in two grades. */
export function scheduleBody(venueId: number): object {
  const now = Date.now()
  return {
    venueId,
    performanceAt: daysAhead(20, now),
    bookingOpenAt: daysAhead(-1, now),
    bookingCloseAt: daysAhead(19, now),
    sections: [
      { section: 'Floor', grade: 'VIP', price: 150_000, rows: 2, seatsPerRow: 10 },
      { section: 'Floor', grade: 'R', price: 110_000, rows: 3, seatsPerRow: 10 },
    ],
  }
}

/** The status of an answer, and the code of a refusal. */
export const outcome = ({ status, error }: Answer): [number, string | undefined] => [status, error?.code]

/** The named number of an answer's data. */
export function numberIn(answer: Answer, name: string): number {
  const data = z.record(z.string(), z.unknown()).parse(answer.data)
  return z.number().parse(data[name])
}

/** Starts the service in this process with the test run's servers behind it. */
export async function startCatalogUnderTest(
  options: { env?: Record<string, string>; topics?: boolean } = {},
): Promise<CatalogUnderTest> {
  const environment = await createTestEnvironment({ topics: options.topics ?? false })
  const neighbours = await startNeighbours()
  const config = readConfig(settings, {
    ...environment.serviceEnv('catalog'),
    QUEUE_GRPC: neighbours.address,
    RESERVATION_GRPC: neighbours.address,
    ...options.env,
  })
  const fatal: Error[] = []
  const catalog = await startCatalog(config, { onFatal: (error) => fatal.push(error), processMetrics: false })
  const owner = createClient(environment.adminDatabaseUrl, 'catalog-test')
  await owner.connect()
  await owner.query('SET search_path = catalog')

  const url = (path: string): string => `http://127.0.0.1:${catalog.ports.http}/api/v1${path}`
  const call: CatalogUnderTest['call'] = async (method, path, { admin, user, body, headers } = {}) => {
    const sent = new Headers(headers)
    const subject = user ?? (admin === true ? 'admin' : undefined)
    if (subject !== undefined) {
      sent.set('Authorization', `Bearer ${await tokenFor(subject, { admin: admin ?? false })}`)
    }
    if (body !== undefined) sent.set('Content-Type', 'application/json')
    const response = await fetch(url(path), {
      method,
      headers: sent,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    })
    const { status } = response
    const parsed = status === 304 ? { success: true, data: null } : Envelope.parse(await response.json())
    return { ...parsed, status, headers: response.headers }
  }
  const createVenue = async (): Promise<number> =>
    numberIn(await call('POST', '/admin/venues', { admin: true, body: { name: 'Hall' } }), 'venueId')
  const createConcert = async (title = 'First Light'): Promise<number> =>
    numberIn(await call('POST', '/admin/concerts', { admin: true, body: { title } }), 'concertId')

  return {
    environment,
    catalog,
    neighbours,
    owner,
    url,
    call,
    callAsAdmin: (method, path, body, headers = {}) =>
      call(method, path, { admin: true, headers, ...(body === undefined ? {} : { body }) }),
    createVenue,
    createConcert,
    createSchedule: async (changes = {}) => {
      const concertId = await createConcert()
      const body = { ...scheduleBody(await createVenue()), ...changes }
      const created = await call('POST', `/admin/concerts/${concertId}/schedules`, { admin: true, body })
      const scheduleId = numberIn(created, 'scheduleId')
      return { concertId, scheduleId, path: `/concerts/${concertId}/schedules/${scheduleId}` }
    },
    queueToken: (scheduleId, more = {}) => {
      const token = randomUUID()
      const activeUntilMs = Date.now() + 60_000
      neighbours.tokens.set(token, { scheduleId, userId: '101', status: 'ACTIVE', activeUntilMs, ...more })
      return token
    },
    dispose: async () => {
      await owner.end()
      await catalog.stop()
      await neighbours.stop()
      await environment.dispose()
      if (fatal[0] !== undefined) throw fatal[0]
    },
  }
}
