import { randomUUID } from 'node:crypto'
import { expect } from '@jest/globals'
import type { Pool } from '@frontrow/postgres/pool'
import { readConfig } from '@frontrow/service-host/config'
import { eventually } from '@frontrow/test-kit/eventually'
import { openPatientPool } from '@frontrow/test-kit/patient-pool'
import { createTestEnvironment, tokenFor } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { z } from 'zod'
import { settings } from '../src/config.ts'
import { startReservation } from '../src/start.ts'
import type { RunningService as RunningReservation } from '@frontrow/service-host/host'
import { layOutRuns, startNeighbours } from './neighbours.ts'
import type { Neighbours } from './neighbours.ts'
import { newSigningKey } from './signing-keys.ts'

const answer = z.object({
  success: z.boolean(),
  data: z.any().optional(),
  error: z.object({ code: z.string(), message: z.string(), details: z.unknown() }).optional(),
})

/** All instances of a test sign with it, unless told otherwise. */
export const SIGNING_KEY = newSigningKey().privateKey

/** An answer of the API. */
interface Answer {
  status: number
  headers: Headers
  data: ReturnType<typeof answer.parse>['data']
  code: string | undefined
  details: unknown
}

/** The service with its neighbours, on real servers. */
export interface RunningService {
  environment: TestEnvironment
  neighbours: Neighbours
  service: RunningReservation
  /** Connections with the service's own role. */
  db: Pool
  queueToken: string
  call(
    userId: string,
    method: string,
    path: string,
    options?: {
      body?: unknown
      headers?: Record<string, string>
      admin?: boolean
      roles?: string[]
      port?: number
    },
  ): Promise<Answer>
  hold(userId: string, body: object, headers?: Record<string, string>): Promise<Answer>
  /** What others are told of one reservation, in order. */
  told(reservationId: string): Promise<{ type: string; payload: Record<string, unknown> }[]>
  /** Moves a hold's deadline into the past, as if the time had gone by. */
  lapse(reservationId: string): Promise<void>
  stop(): Promise<void>
}

/** The environment of an instance beside its neighbours; its ports are free ones. */
export function instanceEnv(
  environment: TestEnvironment,
  neighbours: Neighbours,
  env: Record<string, string> = {},
): Record<string, string> {
  return {
    ...environment.serviceEnv('reservation'),
    QUEUE_GRPC: neighbours.queueAddress,
    CATALOG_GRPC: neighbours.catalogAddress,
    PAYMENT_GRPC: neighbours.paymentAddress,
    TICKET_SIGNING_KEY: SIGNING_KEY,
    ...env,
  }
}

/** One instance in this process. */
export function startInstance(
  environment: TestEnvironment,
  neighbours: Neighbours,
  env: Record<string, string> = {},
): Promise<RunningReservation> {
  return startReservation(readConfig(settings, instanceEnv(environment, neighbours, env)), {
    onFatal: (error) => {
      throw error
    },
    processMetrics: false,
  })
}

/** Starts all of it; schedule 1 has 50 seats, schedule 2 has 1,000, schedule 3 opens tomorrow, schedule 4 is CLOSED. */
export async function startRunningService(
  options: { topics?: boolean; env?: Record<string, string> } = {},
): Promise<RunningService> {
  const environment = await createTestEnvironment({ topics: options.topics ?? true })
  const neighbours = await startNeighbours()
  const hour = 3_600_000
  const now = Date.now()
  const open = { bookingOpenAtMs: now - hour, bookingCloseAtMs: now + 48 * hour }
  neighbours.schedules.set(1, { status: 'ON_SALE', ...open, runs: layOutRuns(1, 50) })
  neighbours.schedules.set(2, { status: 'ON_SALE', ...open, runs: layOutRuns(2, 999) })
  neighbours.schedules.set(3, {
    status: 'ON_SALE',
    ...open,
    bookingOpenAtMs: now + 24 * hour,
    runs: layOutRuns(3, 10),
  })
  neighbours.schedules.set(4, { status: 'CLOSED', ...open, runs: layOutRuns(4, 10) })
  const service = await startInstance(environment, neighbours, options.env)
  const db = openPatientPool(environment.databaseUrl('reservation'))
  const queueToken = randomUUID()
  const call: RunningService['call'] = async (
    userId,
    method,
    path,
    { body, headers, admin = false, roles = admin ? ['admin'] : [], port = service.ports.http } = {},
  ) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await tokenFor(userId, { claims: { roles } })}`,
        'queue-token': queueToken,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    })
    const { data, error } = answer.parse(await response.json())
    return {
      status: response.status,
      headers: response.headers,
      data,
      code: error?.code,
      details: error?.details,
    }
  }
  // The first request makes connections and loads code, for which its deadlines are short on a busy machine. This one changes nothing.
  await eventually(async () => {
    const body = { scheduleId: 4, seatIds: [4_001] }
    expect((await call('first', 'POST', '/reservations', { body })).status).toBeLessThan(500)
  })
  return {
    environment,
    neighbours,
    service,
    db,
    queueToken,
    call,
    hold: (userId, body, headers) =>
      call(userId, 'POST', '/reservations', { body, ...(headers === undefined ? {} : { headers }) }),
    told: async (reservationId) => {
      const { rows } = await db.query<{ type: string; payload: Record<string, unknown> }>(
        'SELECT type, payload FROM outbox WHERE message_key = $1 ORDER BY id',
        [reservationId],
      )
      return rows
    },
    lapse: async (reservationId) => {
      const past = `clock_timestamp() - interval '1 second'`
      await db.query(
        `WITH moved AS (UPDATE reservations SET expires_at = ${past} WHERE reservation_id = $1)
         UPDATE seat_holds SET expires_at = ${past} WHERE reservation_id = $1`,
        [reservationId],
      )
    },
    stop: async () => {
      await service.stop()
      await db.end()
      await neighbours.stop()
      await environment.dispose()
    },
  }
}
