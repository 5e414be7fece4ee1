import type { ListTakenSeatsResponse__Output as ListTakenSeatsResponse } from '@frontrow/proto/gen/frontrow/reservation/v1/ListTakenSeatsResponse'
import { readRequestsQueueToken } from '@frontrow/proto/queue-token'
import { refusalKind } from '@frontrow/proto/refusals'
import { QueueService, ReservationService } from '@frontrow/proto/services'
import { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import type { UnaryCall } from '@frontrow/service-host/grpc-client'
import { createHost } from '@frontrow/service-host/host'
import type { RunningService, ServiceHost } from '@frontrow/service-host/host'
import type { CatalogConfig } from './config.ts'
import type { CatalogContext } from './context.ts'
import { createEvents } from './events.ts'
import { addServices } from './grpc.ts'
import { addRoutes } from './http.ts'
import { addDocs } from './http-docs.ts'
import { listensTo, messageHandlers } from './messages.ts'
import { SeatChannels } from './seat-channels.ts'
import { SeatMaps } from './seat-maps.ts'
import { SeatsLeft } from './seats-left.ts'
import { deleteReleased } from './sql/reserved-seats.ts'
import { readSchedule } from './sql/schedules.ts'
import { readGrades, readSeats } from './sql/seats.ts'

/** A catalog service that runs. */
export interface RunningCatalog extends RunningService {
  ctx: CatalogContext
}

const CALL_DEADLINE_MS = 800
const SCHEDULE_FRESH_MS = 1_000
const SCHEDULES_MAX = 1_000
// The highest that SCHEDULE_SEATS_MAX can be set to: schedules made under an older setting keep all their seats.
const LAYOUT_MAX = 100_000
const TIDY_EVERY_MS = 600_000
const TIDY_BATCH = 5_000
// Longer than any message of a reservation can be on its way: topics keep messages for 7 days.
const RELEASED_KEEP_DAYS = 8

/** Starts the service. */
export async function startCatalog(
  config: CatalogConfig,
  options: { onFatal: (error: Error) => void; processMetrics?: boolean },
): Promise<RunningCatalog> {
  const host = createHost({
    service: 'catalog',
    settings: config,
    readQueueToken: readRequestsQueueToken,
    ...options,
  })
  const ctx = createContext(host, config)
  addRoutes(host.http, ctx)
  await addDocs(host.http)
  addServices(host, ctx)
  host.consume(listensTo, messageHandlers(ctx), config.KAFKA_CONCURRENCY)
  host.every('tidy released seats', TIDY_EVERY_MS, async () => {
    return (await deleteReleased(host.pool, RELEASED_KEEP_DAYS, TIDY_BATCH)) >= TIDY_BATCH
  })
  const running = await host.listen()
  // Added last, so it stops first: open streams would keep the HTTP server waiting.
  host.lifecycle.add('seat events', () => ctx.seatChannels.stop())
  return { ...running, ctx }
}

function createContext(host: ServiceHost, config: CatalogConfig): CatalogContext {
  const { pool, logger } = host
  const calls = createCalls(host, config)
  const events = createEvents(host.metrics.registry, logger)
  const seatMaps = new SeatMaps({
    readLayout: (scheduleId) => readSeats(pool, scheduleId, { afterSeatId: 0, limit: LAYOUT_MAX }),
    listTaken: (scheduleId) => {
      events.takenSeatsAsked()
      return calls.listTakenSeats({ scheduleId })
    },
    refreshMs: config.SEAT_MAP_REFRESH_MS,
  })
  return {
    pool,
    relay: host.relay,
    events,
    config,
    now: () => new Date(),
    verifyToken: calls.verifyToken,
    schedules: new CoalescedCache({
      load: (scheduleId: number) => readSchedule(pool, scheduleId),
      freshMs: SCHEDULE_FRESH_MS,
      max: SCHEDULES_MAX,
    }),
    // Grades and prices are written once, with the schedule.
    grades: new CoalescedCache({
      load: (scheduleId: number) => readGrades(pool, scheduleId),
      freshMs: Number.POSITIVE_INFINITY,
      max: SCHEDULES_MAX,
    }),
    seatsLeft: new SeatsLeft(pool),
    seatMaps,
    seatChannels: new SeatChannels({
      seatMaps,
      events,
      logger,
      // Half of the age that the map may have: a change is told within one and a half of it.
      pollMs: config.SEAT_MAP_REFRESH_MS / 2,
      readersMax: config.SEAT_EVENT_READERS_MAX,
    }),
  }
}

function createCalls(
  host: ServiceHost,
  config: CatalogConfig,
): Pick<CatalogContext, 'verifyToken'> & {
  listTakenSeats: UnaryCall<{ scheduleId: number }, ListTakenSeatsResponse>
} {
  const queue = host.connect(QueueService, { name: 'queue', address: config.QUEUE_GRPC, refusalKind })
  const reservation = host.connect(ReservationService, {
    name: 'reservation',
    address: config.RESERVATION_GRPC,
    refusalKind,
  })
  const limits = { deadlineMs: CALL_DEADLINE_MS, retriable: true }
  return {
    verifyToken: queue.unary('VerifyToken', queue.client.verifyToken.bind(queue.client), limits),
    listTakenSeats: reservation.unary(
      'ListTakenSeats',
      reservation.client.listTakenSeats.bind(reservation.client),
      limits,
    ),
  }
}
