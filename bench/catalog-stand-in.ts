import { catalogCallers } from '@frontrow/proto/callers'
import { CatalogService } from '@frontrow/proto/services'
import { createGrpcServer, unaryHandler } from '@frontrow/service-host/grpc-server'
import { createLogger } from '@frontrow/service-host/logger'
import { createMetrics } from '@frontrow/service-host/metrics'
import { z } from 'zod'

const HOUR_MS = 3_600_000
const GRACE_MS = 1_000

/**
 * Starts a gRPC server that has every schedule on sale. The queue service asks it once in 2 s for each schedule, which is too
 * little to need the real catalog service in a process of its own.
 */
export async function startCatalogStandIn(): Promise<{ address: string; stop: () => Promise<void> }> {
  const host = {
    logger: createLogger({ service: 'bench-catalog', level: 'error' }),
    metrics: createMetrics('bench-catalog', { processMetrics: false }),
  }
  const bookingOpenAtMs = Date.now() - HOUR_MS
  const server = createGrpcServer()
  server.add(CatalogService.service, catalogCallers, {
    GetSchedule: unaryHandler(
      host,
      'GetSchedule',
      z.object({ scheduleId: z.int() }),
      async ({ scheduleId }) => ({
        scheduleId,
        bookingOpenAtMs,
        waitingRoomOpenAtMs: bookingOpenAtMs,
        bookingCloseAtMs: bookingOpenAtMs + 24 * HOUR_MS,
        status: 'ON_SALE',
        seatCount: 1_000,
      }),
    ),
    GetSeats: unaryHandler(host, 'GetSeats', z.object({}), async () => ({ seats: [] })),
  })
  const port = await server.listen('127.0.0.1', 0)
  return { address: `127.0.0.1:${port}`, stop: () => server.close(GRACE_MS) }
}
