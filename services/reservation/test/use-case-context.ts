import { openPatientPool } from '@frontrow/test-kit/patient-pool'
import type { Pool } from '@frontrow/postgres/pool'
import { readConfig } from '@frontrow/service-host/config'
import { createLogger } from '@frontrow/service-host/logger'
import { createMetrics } from '@frontrow/service-host/metrics'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { checkInvariants } from '../src/check-invariants.ts'
import { settings } from '../src/config.ts'
import type { Context } from '../src/context.ts'
import { countReservations } from '../src/events.ts'
import { RefusedHolds } from '../src/sales/refused-holds.ts'
import { SeatLayout } from '../src/seat-layout.ts'
import { SeatPicker } from '../src/seat-picker.ts'
import { shareHolds } from '../src/share-holds.ts'
import { listTakenSeatIds } from '../src/sql/seat-holds.ts'
import { createTicketCodes } from '../src/tickets/ticket-codes.ts'
import { layOutRuns } from './neighbours.ts'
import { newSigningKey } from './signing-keys.ts'

/** Asks a use case as nobody in particular, and once for all. */
export const withoutKey = { caller: { userId: 'test' }, key: undefined }

/** The use cases on a database of their own, without servers around them. */
export interface UseCases {
  environment: TestEnvironment
  pool: Pool
  ctx: Context
  stop(): Promise<void>
}

/** Makes the database, and connects to it. */
export async function startUseCases(): Promise<UseCases> {
  const environment = await createTestEnvironment({ topics: false })
  const pool = openPool(environment, 'test')
  return {
    environment,
    pool,
    ctx: useCaseContext(environment, pool),
    stop: async () => {
      await pool.end()
      await environment.dispose()
    },
  }
}

/** Thirty connections with the service's own role. */
export function openPool(environment: TestEnvironment, applicationName: string): Pool {
  return openPatientPool(environment.databaseUrl('reservation'), { max: 30, applicationName })
}

/** A context on a real database without servers around it; every schedule is on sale and has 100 seats. */
export function useCaseContext(environment: TestEnvironment, pool: Pool): Context {
  const logger = createLogger({ service: 'test', level: 'silent' })
  const config = readConfig(settings, {
    ...environment.serviceEnv('reservation'),
    QUEUE_GRPC: 'unused:1',
    CATALOG_GRPC: 'unused:1',
    PAYMENT_GRPC: 'unused:1',
    TICKET_SIGNING_KEY: newSigningKey().privateKey,
  })
  // As the service does, it remembers a layout for good.
  const layouts = new Map<number, SeatLayout>()
  const layoutOf = (scheduleId: number): SeatLayout => {
    const layout = layouts.get(scheduleId) ?? new SeatLayout(layOutRuns(scheduleId, 100))
    layouts.set(scheduleId, layout)
    return layout
  }
  return {
    config,
    logger,
    pool,
    relay: { wake: () => undefined },
    takeSeats: shareHolds(pool, config),
    seatPicker: new SeatPicker((scheduleId) => listTakenSeatIds(pool, scheduleId)),
    ticketCodes: createTicketCodes(config.TICKET_SIGNING_KEY, config.TICKET_PUBLIC_KEYS),
    counters: countReservations(createMetrics('test', { processMetrics: false }), logger),
    refusedHolds: new RefusedHolds(pool),
    now: () => new Date(),
    verifyToken: async ({ scheduleId, userId }) => ({ scheduleId, userId, activeUntilMs: 0, sequence: 1 }),
    schedules: {
      schedule: async (scheduleId) => ({
        scheduleId,
        concertId: 1,
        concertTitle: '',
        venueId: 1,
        venueName: '',
        performanceAtMs: 8_640_000_000_000_000,
        waitingRoomOpenAtMs: 0,
        bookingOpenAtMs: 0,
        bookingCloseAtMs: 8_640_000_000_000_000,
        status: 'ON_SALE',
        seatCount: 100,
        noOrphanSeats: false,
        timeZone: 'Asia/Seoul',
        refundableUntilMs: 0,
      }),
      layout: async (scheduleId) => layoutOf(scheduleId),
      forget: () => undefined,
    },
  }
}

/** What the audit finds, as `number: line`; but nobody publishes messages here, so those that have waited for long are none of it. */
export async function findViolations(ctx: Context): Promise<string[]> {
  const checks = await checkInvariants(ctx)
  return checks
    .filter(({ number }) => number !== 7)
    .flatMap(({ number, violations }) => violations.map((line) => `${number}: ${line}`))
}
