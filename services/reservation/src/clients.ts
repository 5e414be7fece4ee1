import type { GetSeatsResponse__Output as SeatsPage } from '@frontrow/proto/gen/frontrow/catalog/v1/GetSeatsResponse'
import type { Schedule__Output as Schedule } from '@frontrow/proto/gen/frontrow/catalog/v1/Schedule'
import type { VerifyTokenResponse__Output as VerifiedToken } from '@frontrow/proto/gen/frontrow/queue/v1/VerifyTokenResponse'
import { refusalKind } from '@frontrow/proto/refusals'
import { CatalogService, QueueService } from '@frontrow/proto/services'
import type { ServiceHost } from '@frontrow/service-host/host'
import type { Config } from './config.ts'

const READ_DEADLINE_MS = 800
// A page of 2,000 seats takes the catalog longer than one row.
const SEATS_DEADLINE_MS = 2_000

/** What this service asks of the waiting room. */
export interface QueueCalls {
  /** Refuses when the token does not let this user into this schedule now. Tells which place the token is of. */
  verifyToken: (request: { token: string; scheduleId: number; userId: string }) => Promise<VerifiedToken>
}

/** What this service asks of the catalog. Both refuse with SCHEDULE_NOT_FOUND. */
export interface CatalogCalls {
  getSchedule: (request: { scheduleId: number }) => Promise<Schedule>
  getSeats: (request: { scheduleId: number; afterSeatId: number; limit: number }) => Promise<SeatsPage>
}

/** Clients of both services. */
export function connectClients(
  host: ServiceHost,
  config: Pick<Config, 'QUEUE_GRPC' | 'CATALOG_GRPC'>,
): QueueCalls & CatalogCalls {
  const queue = host.connect(QueueService, { name: 'queue', address: config.QUEUE_GRPC, refusalKind })
  const catalog = host.connect(CatalogService, { name: 'catalog', address: config.CATALOG_GRPC, refusalKind })
  const read = { deadlineMs: READ_DEADLINE_MS, retriable: true }
  return {
    verifyToken: queue.call('VerifyToken', read),
    getSchedule: catalog.call('GetSchedule', read),
    getSeats: catalog.call('GetSeats', {
      deadlineMs: SEATS_DEADLINE_MS,
      retriable: true,
    }),
  }
}
