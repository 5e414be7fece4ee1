import type { Pool } from '@frontrow/postgres/pool'
import { catalogCallers } from '@frontrow/proto/callers'
import { refusalKind, refuse } from '@frontrow/proto/refusals'
import type { Schedule } from '@frontrow/proto/gen/frontrow/catalog/v1/Schedule'
import { CatalogService } from '@frontrow/proto/services'
import { readConfig } from '@frontrow/service-host/config'
import { createGrpcTarget } from '@frontrow/service-host/grpc-client'
import type { GrpcTarget } from '@frontrow/service-host/grpc-client'
import { createGrpcServer, unaryHandler } from '@frontrow/service-host/grpc-server'
import { createLogger } from '@frontrow/service-host/logger'
import { createMetrics } from '@frontrow/service-host/metrics'
import { eventually } from '@frontrow/test-kit/eventually'
import { openPatientPool } from '@frontrow/test-kit/patient-pool'
import { tokenFor } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import type { Redis } from 'ioredis'
import { z } from 'zod'
import { settings } from '../src/config.ts'
import { createRedis } from '../src/redis-room/redis.ts'
import { startQueue } from '../src/start.ts'
import type { RunningQueue } from '../src/start.ts'

const logger = createLogger({ service: 'queue-test', level: 'silent' })

/** A catalog that knows the schedules it was given. */
export interface StandInCatalog {
  address: string
  schedules: Map<number, Schedule>
  /** Adds a schedule that is on sale, and returns its id. */
  addSchedule(change?: Schedule): number
  /** Adds one whose waiting room is open and whose sale opens when `open` is called: whoever comes before is early, however long it takes. */
  addEarlySchedule(): number
  /** Moves the opening to now. The service hears of it within 2 s. */
  open(scheduleId: number): void
  stop(): Promise<void>
}

/** A real gRPC server that answers GetSchedule. */
export async function startCatalog(): Promise<StandInCatalog> {
  const schedules = new Map<number, Schedule>()
  const host = { logger, metrics: createMetrics('catalog', { processMetrics: false }) }
  const server = createGrpcServer()
  server.add(CatalogService.service, catalogCallers, {
    GetSchedule: unaryHandler(
      host,
      'GetSchedule',
      z.object({ scheduleId: z.int() }),
      async ({ scheduleId }) => {
        const schedule = schedules.get(scheduleId)
        if (schedule === undefined) throw refuse('SCHEDULE_NOT_FOUND', 'no such schedule')
        return schedule
      },
    ),
    GetSeats: unaryHandler(host, 'GetSeats', z.object({}), async () => ({ seats: [] })),
  })
  const port = await server.listen('127.0.0.1', 0)
  const addSchedule = (change: Schedule = {}): number => {
    const scheduleId = schedules.size + 1
    const now = Date.now()
    schedules.set(scheduleId, {
      scheduleId,
      bookingOpenAtMs: now - 60_000,
      waitingRoomOpenAtMs: now - 60_000,
      bookingCloseAtMs: now + 3_600_000,
      status: 'ON_SALE',
      seatCount: 50,
      ...change,
    })
    return scheduleId
  }
  return {
    address: `127.0.0.1:${port}`,
    schedules,
    addSchedule,
    addEarlySchedule: () => addSchedule({ bookingOpenAtMs: Date.now() + 1_800_000 }),
    open(scheduleId) {
      schedules.set(scheduleId, { ...schedules.get(scheduleId), bookingOpenAtMs: Date.now() })
    },
    stop: () => server.close(1_000),
  }
}

/** The PostgreSQL and the Redis that a queue service keeps places in. */
export interface Stores {
  pool: Pool
  redis: Redis
  stop(): Promise<void>
}

/** Connects to both, for tests of parts of the service. */
export async function connectStores(environment: TestEnvironment): Promise<Stores> {
  const pool = openPatientPool(environment.databaseUrl('queue'), { max: 6, applicationName: 'queue-test' })
  // Far above the product's: a simulated process has no timer that would open its gate again after a stall of a busy machine.
  const redis = createRedis({ url: environment.redisUrl, commandTimeoutMs: 20_000, logger })
  await new Promise<void>((resolve) => redis.once('ready', () => resolve()))
  return {
    pool,
    redis,
    async stop() {
      redis.disconnect()
      await pool.end()
    },
  }
}

/** Starts a queue service of this process, and waits until it uses Redis, unless there is to be none. */
export async function startQueueService(
  environment: TestEnvironment,
  catalog: StandInCatalog,
  change: Record<string, string> = {},
  { usesRedis = true }: { usesRedis?: boolean } = {},
): Promise<RunningQueue> {
  const config = readConfig(settings, {
    ...environment.serviceEnv('queue'),
    CATALOG_GRPC: catalog.address,
    ...change,
  })
  const failed: Error[] = []
  const running = await startQueue(config, {
    onFatal: (error) => void failed.push(error),
    processMetrics: false,
  })
  await eventually(() => {
    if (failed[0] !== undefined) throw failed[0]
    if (usesRedis && !running.ctx.gate.isOpen) throw new Error('Redis is not used yet')
  })
  return running
}

/** The answer of one request. */
export interface Answer {
  status: number
  headers: Headers
  // Each test looks at the fields of its own route.
  data: Record<string, unknown>
  code: string
}

const envelope = z.object({
  data: z.record(z.string(), z.unknown()).optional(),
  error: z.object({ code: z.string() }).optional(),
})

/** A client of one queue service. */
export class QueueClient {
  readonly #base: string

  constructor(running: Pick<RunningQueue, 'ports'>) {
    this.#base = `http://127.0.0.1:${running.ports.http}/api/v1`
  }

  async call(
    method: string,
    path: string,
    options: {
      user?: string
      admin?: boolean
      token?: unknown
      cookie?: string
      headers?: Record<string, string>
      body?: unknown
    } = {},
  ): Promise<Answer> {
    const headers: Record<string, string> = { ...options.headers }
    if (options.user !== undefined) {
      const bearer = await tokenFor(options.user, { admin: options.admin === true })
      headers['authorization'] = `Bearer ${bearer}`
    }
    if (typeof options.token === 'string') headers['queue-token'] = options.token
    if (options.cookie !== undefined) headers['cookie'] = options.cookie
    if (options.body !== undefined) headers['content-type'] = 'application/json'
    const response = await fetch(this.#base + path, {
      method,
      headers,
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      signal: AbortSignal.timeout(60_000),
    })
    const text = await response.text()
    const { data, error } = text === '' ? {} : envelope.parse(JSON.parse(text))
    return { status: response.status, headers: response.headers, data: data ?? {}, code: error?.code ?? '' }
  }

  join(scheduleId: number, user: string): Promise<Answer> {
    return this.call('POST', '/queue/tokens', { user, body: { scheduleId } })
  }

  place(token: unknown): Promise<Answer> {
    return this.call('GET', '/queue/tokens/me', { token })
  }

  leave(token: unknown): Promise<Answer> {
    return this.call('DELETE', '/queue/tokens/me', { token })
  }

  reissue(scheduleId: number, user: string): Promise<Answer> {
    return this.call('PUT', '/queue/tokens', { user, body: { scheduleId } })
  }

  /** Says so again while a busy machine has no answer; a room that was not steered would let everybody in. */
  steer(scheduleId: number, limits: object): Promise<Answer> {
    return eventually(async () => {
      const call = { user: 'boss', admin: true, body: limits }
      const answer = await this.call('PATCH', `/admin/queues/${scheduleId}`, call)
      if (answer.status >= 500) throw new Error(`not steered but ${answer.status} ${answer.code}`)
      return answer
    })
  }
}

/** A gRPC target as other services make one. */
export function targetOf(running: RunningQueue): GrpcTarget {
  return createGrpcTarget({
    name: 'queue',
    address: `127.0.0.1:${running.ports.grpc}`,
    metrics: createMetrics('caller', { processMetrics: false }),
    refusalKind,
  })
}
