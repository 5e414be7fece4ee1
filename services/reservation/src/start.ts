import { tidyKeys } from '@frontrow/idempotency/idempotency-key'
import { createHost } from '@frontrow/service-host/host'
import type { RunningService } from '@frontrow/service-host/host'
import { watchValue } from '@frontrow/service-host/metrics'
import { cancelSchedules } from './cancel-schedule.ts'
import { connectClients } from './clients.ts'
import type { Config } from './config.ts'
import type { Context } from './context.ts'
import { countReservations } from './events.ts'
import { expireHolds } from './expire-holds.ts'
import { addGrpcMethods } from './grpc.ts'
import { addHttpRoutes } from './http.ts'
import { createJobs } from './jobs/start-jobs.ts'
import { consumedTopics, messageHandlers } from './messages.ts'
import { rememberSchedules } from './schedules.ts'
import { addSalesRoutes } from './sales/http.ts'
import { RefusedHolds } from './sales/refused-holds.ts'
import { SeatPicker } from './seat-picker.ts'
import { shareHolds } from './share-holds.ts'
import { countLiveHolds } from './sql/reservations.ts'
import { listTakenSeatIds } from './sql/seat-holds.ts'
import { addTicketRoutes } from './tickets/http.ts'
import { createTicketCodes } from './tickets/ticket-codes.ts'

const TIDY_EVERY_MS = 600_000
const STORE_REFUSED_EVERY_MS = 1_000
// The most that one call of tidyKeys deletes.
const TIDY_BATCH = 5_000

/** Starts REST, gRPC, the consumer, the outbox relay and the sweeper. */
export async function startReservation(
  config: Config,
  options: { onFatal: (error: Error) => void; processMetrics?: boolean },
): Promise<RunningService> {
  const host = createHost({ service: 'reservation', settings: config, ...options })
  const { logger, pool, relay, metrics } = host
  const { verifyToken, getPayment, ...catalog } = connectClients(host, config)
  const ctx: Context = {
    config,
    logger,
    pool,
    relay,
    verifyToken,
    schedules: rememberSchedules(catalog, { freshMs: config.SCHEDULE_CACHE_MS, logger }),
    takeSeats: shareHolds(pool, config),
    seatPicker: new SeatPicker((scheduleId) => listTakenSeatIds(pool, scheduleId)),
    ticketCodes: createTicketCodes(config.TICKET_SIGNING_KEY, config.TICKET_PUBLIC_KEYS),
    counters: countReservations(metrics, logger),
    refusedHolds: new RefusedHolds(pool),
    now: () => new Date(),
  }
  const jobs = createJobs(host, ctx, { getPayment })
  addHttpRoutes(host.http, ctx, jobs)
  addTicketRoutes(host.http, ctx)
  addSalesRoutes(host.http, ctx)
  addGrpcMethods(host, ctx)
  host.consume(consumedTopics, messageHandlers(ctx, jobs.workers))
  host.every('expire holds', config.SWEEP_EVERY_MS, () => expireHolds(ctx))
  host.every('cancel schedules', config.SWEEP_EVERY_MS, () => cancelSchedules(ctx))
  host.every('tidy idempotency keys', TIDY_EVERY_MS, async () => {
    return (await tidyKeys(pool, config.IDEMPOTENCY_KEEP_HOURS)) >= TIDY_BATCH
  })
  host.every('store refused holds', STORE_REFUSED_EVERY_MS, () => ctx.refusedHolds.store())
  // It ends when nothing can be refused any more, and before the connections.
  host.lifecycle.add('refused holds', () => ctx.refusedHolds.store())
  watchValue(
    metrics.registry,
    { name: 'reservation_holds_live', help: 'Holds that have not ended' },
    async () => [{ value: await countLiveHolds(pool) }],
    (error) => logger.warn({ err: error }, 'a metric could not be read'),
  )
  const running = await host.listen()
  jobs.listening()
  return running
}
