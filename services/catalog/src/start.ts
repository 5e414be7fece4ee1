import { tidyKeys } from '@frontrow/idempotency/idempotency-key'
import { PATIENT } from '@frontrow/messaging/wake-up'
import type { VerifyTokenResponse__Output as VerifiedToken } from '@frontrow/proto/gen/frontrow/queue/v1/VerifyTokenResponse'
import { readRequestsQueueToken } from '@frontrow/proto/queue-token'
import { refusalKind } from '@frontrow/proto/refusals'
import { QueueService, ReservationService } from '@frontrow/proto/services'
import { readTokenOutcome } from '@frontrow/proto/token-outcome'
import { claimsToBeStaff } from '@frontrow/service-host/auth'
import { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import { createHost } from '@frontrow/service-host/host'
import type { RunningService, ServiceHost } from '@frontrow/service-host/host'
import { shareCalls } from '@frontrow/service-host/shared-calls'
import { createComparison } from './compare-reserved-seats.ts'
import type { CatalogConfig } from './config.ts'
import type { CatalogContext, TokenCheck } from './context.ts'
import { createEvents } from './events.ts'
import { addServices } from './grpc.ts'
import { addRoutes } from './http.ts'
import { addDocs } from './http-docs.ts'
import { consumedTopics, messageHandlers } from './messages.ts'
import { createReads } from './replica/create-reads.ts'
import { SeatChannels } from './seat-channels.ts'
import { asShown } from './schedule-json.ts'
import { SeatMaps } from './seat-maps.ts'
import { SeatsLeft } from './seats-left.ts'
import type { SeatRange } from './seats-left.ts'
import { deleteReleased } from './sql/reserved-seats.ts'
import { readSchedule, readSeatCount } from './sql/schedules.ts'
import { readGrades, readSeats } from './sql/seats.ts'
import { TokenWatch } from './token-watch.ts'

/** A catalog service that runs. */
export interface RunningCatalog extends RunningService {
  ctx: CatalogContext
}

const CALL_DEADLINE_MS = 800
// Events are there where it takes longer, and people wait for it.
const COUNT_DEADLINE_MS = 400
const WATCH_EVERY_MS = 200
const SCHEDULE_FRESH_MS = 1_000
const SCHEDULES_MAX = 1_000
// The highest value of SCHEDULE_SEATS_MAX, since schedules made under another setting keep all their seats.
const LAYOUT_MAX = 100_000
const TIDY_EVERY_MS = 600_000
const COMPARE_EVERY_MS = 2_000
const TIDY_BATCH = 5_000
// Topics keep messages for 7 days, so no message about a reservation can come later than this.
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
  const calls = createCalls(host, config)
  const ctx = createContext(host, config, calls)
  addRoutes(host.http, ctx)
  await addDocs(host.http)
  addServices(host, ctx)
  host.consume(consumedTopics, messageHandlers(ctx), PATIENT)
  host.every('tidy released seats', TIDY_EVERY_MS, async () => {
    return (await deleteReleased(host.pool, RELEASED_KEEP_DAYS, TIDY_BATCH)) >= TIDY_BATCH
  })
  host.every('tidy idempotency keys', TIDY_EVERY_MS, async () => {
    return (await tidyKeys(host.pool, config.IDEMPOTENCY_KEEP_HOURS)) >= TIDY_BATCH
  })
  const compare = createComparison({ ...ctx, logger: host.logger }, calls.listLiveReservations)
  host.every('compare seats left', COMPARE_EVERY_MS, compare)
  host.every('watch queue tokens of streams', WATCH_EVERY_MS, () => ctx.tokenWatch.round())
  const running = await host.listen()
  // Added last, so it stops first: open streams would keep the HTTP server waiting.
  host.lifecycle.add('seat events', () => ctx.seatChannels.stop())
  return { ...running, ctx }
}

function createContext(
  host: ServiceHost,
  config: CatalogConfig,
  calls: ReturnType<typeof createCalls>,
): CatalogContext {
  const { pool, logger } = host
  const reads = createReads(host, config)
  const events = createEvents(host.metrics.registry, logger)
  const now = (): Date => new Date()
  const schedules = new CoalescedCache({
    load: async (scheduleId: number) => {
      const found = await reads.run(
        (db) => readSchedule(db, scheduleId),
        (schedule) => schedule !== undefined,
      )
      return found === undefined ? undefined : asShown(found, now())
    },
    freshMs: SCHEDULE_FRESH_MS,
    max: SCHEDULES_MAX,
  })
  const seatMaps = new SeatMaps({
    readLayout: (scheduleId) =>
      reads.run((db) => readSeats(db, scheduleId, { afterSeatId: 0, limit: LAYOUT_MAX }), hasRows),
    listTaken: async (scheduleId) => {
      if ((await schedules.get(scheduleId))?.status === 'CANCELLED') return 'ALL'
      events.takenSeatsAsked()
      return calls.listTakenSeats({ scheduleId })
    },
    readSeatCount: async (scheduleId) => (await readSeatCount(pool, scheduleId)) ?? 0,
    refreshMs: config.SEAT_MAP_REFRESH_MS,
  })
  return {
    pool,
    reads,
    relay: host.relay,
    events,
    config,
    now,
    claimsToBeStaff: claimsToBeStaff(config),
    verifyToken: calls.verifyToken,
    listTakenSeats: calls.listTakenSeats,
    getCancellationProgress: calls.getCancellationProgress,
    blockSeats: calls.blockSeats,
    unblockSeats: calls.unblockSeats,
    schedules,
    // Grades and prices don't change; get-schedule.ts reads them again where the schedule has more seats.
    grades: new CoalescedCache({
      load: (scheduleId: number) => reads.run((db) => readGrades(db, scheduleId), hasRows),
      freshMs: Number.POSITIVE_INFINITY,
      max: SCHEDULES_MAX,
    }),
    // They have to be right within 2 s of a hold, which a replica may be behind by.
    seatsLeft: new SeatsLeft({ db: pool, countTaken: calls.countTaken, logger }),
    seatMaps,
    seatChannels: new SeatChannels({
      seatMaps,
      events,
      logger,
      everyMs: config.SEAT_MAP_REFRESH_MS,
      readersMax: config.SEAT_EVENT_READERS_MAX,
      readersOfPersonMax: config.PERSON_STREAMS_MAX,
    }),
    tokenWatch: new TokenWatch({ verifyToken: calls.watchToken, logger }),
  }
}

/** Layouts and grades are kept for long, so those of a schedule that the replica does not have yet must not be taken for none. */
const hasRows = (rows: readonly unknown[]): boolean => rows.length > 0

function createCalls(host: ServiceHost, config: CatalogConfig) {
  const limits = { deadlineMs: CALL_DEADLINE_MS, retriable: true }
  const queue = { name: 'queue', address: config.QUEUE_GRPC, refusalKind }
  const reservation = {
    name: 'reservation',
    service: 'reservation',
    address: config.RESERVATION_GRPC,
    refusalKind,
  }
  const reservations = host.connect(ReservationService, reservation)
  // What admins and comparisons ask has a circuit breaker of its own: while an older reservation service can't answer it, seat maps go on.
  const comparison = host.connect(ReservationService, { ...reservation, name: 'reservation-comparison' })
  // So has this, which is asked whenever somebody looks at a schedule.
  const count = host
    .connect(ReservationService, { ...reservation, name: 'reservation-seats-left' })
    .call('CountTakenSeats', { deadlineMs: COUNT_DEADLINE_MS, retriable: false })
  const verifyTokens = host.connect(QueueService, queue).call('VerifyTokens', limits)
  const shareChecks = () =>
    shareCalls<TokenCheck, VerifiedToken>(async (checks) =>
      (await verifyTokens({ checks: [...checks] })).outcomes.map(readTokenOutcome),
    )
  return {
    verifyToken: shareChecks(),
    // These have calls of their own, so that no request waits behind the tokens of thousands of streams.
    watchToken: shareChecks(),
    listTakenSeats: reservations.call('ListTakenSeats', limits),
    countTaken: async (ranges: readonly SeatRange[]) => (await count({ ranges: [...ranges] })).taken,
    listLiveReservations: comparison.call('ListLiveReservations', limits),
    getCancellationProgress: comparison.call('GetCancellationProgress', limits),
    blockSeats: reservations.call('BlockSeats', limits),
    unblockSeats: reservations.call('UnblockSeats', limits),
  }
}
