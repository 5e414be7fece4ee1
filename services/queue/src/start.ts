import { tidyKeys } from '@frontrow/idempotency/idempotency-key'
import { PATIENT } from '@frontrow/messaging/wake-up'
import type { Schedule__Output as Schedule } from '@frontrow/proto/gen/frontrow/catalog/v1/Schedule'
import { readRequestsQueueToken } from '@frontrow/proto/queue-token'
import { refusalKind } from '@frontrow/proto/refusals'
import { CatalogService } from '@frontrow/proto/services'
import { createHost } from '@frontrow/service-host/host'
import type { RunningService, ServiceHost } from '@frontrow/service-host/host'
import { watchPool } from '@frontrow/service-host/metrics'
import { createPool } from '@frontrow/postgres/pool'
import type { Pool } from '@frontrow/postgres/pool'
import { LRUCache } from 'lru-cache'
import { AdmissionCounts } from './admission/admission-counts.ts'
import { admitWaiting, BusyRooms } from './admission/admit-waiting.ts'
import { NoShowGrace } from './admission/no-shows.ts'
import { roomDefaults } from './admission/steer-waiting-room.ts'
import type { QueueConfig } from './config.ts'
import type { QueueContext } from './context.ts'
import { createEvents } from './events.ts'
import { drawDuePlaces } from './fairness/draw-early-places.ts'
import { addServices } from './grpc.ts'
import { createJoinCheck } from './join-check/create-join-check.ts'
import { tidyMarks } from './join-check/mark-joins.ts'
import { claimHasher } from './join-check/verified-claim.ts'
import { addRoutes } from './http.ts'
import { listensTo, messageHandlers } from './messages.ts'
import { createJoinBatches } from './places/join-batches.ts'
import { createPlaceLooks } from './places/place-looks.ts'
import { createPlaceNotes } from './places/place-notes.ts'
import { deleteEndedTokens } from './places/queue-tokens.ts'
import { PostgresRoom } from './postgres-room/postgres-room.ts'
import { Mirror } from './redis-room/mirror.ts'
import { createRedis } from './redis-room/redis.ts'
import { RedisGate } from './redis-room/redis-gate.ts'
import { RedisRoom } from './redis-room/redis-room.ts'
import { Rooms } from './rooms.ts'
import { createSchedules } from './schedules.ts'
import { StrangersLookups } from './strangers-lookups.ts'
import { PlaceStreams } from './streams/place-streams.ts'
import { checkSystem } from './system-health.ts'

/** A queue service that runs. */
export interface RunningQueue extends RunningService {
  ctx: QueueContext
}

const OPEN_EVERY_MS = 500
const DRAW_EVERY_MS = 200
const STREAM_EVERY_MS = 100
const TIDY_EVERY_MS = 600_000
// The most that one call of tidyKeys deletes, too.
const TIDY_BATCH = 5_000
const ROOMS_MAX = 5_000
const CATALOG_DEADLINE_MS = 800
const NOTE_SEEN_EVERY_MAX_MS = 900_000
const ROOM_STATEMENT_MAX_MS = 2_000

/** Starts the service. */
export async function startQueue(
  config: QueueConfig,
  options: { onFatal: (error: Error) => void; processMetrics?: boolean },
): Promise<RunningQueue> {
  const host = createHost({
    service: 'queue',
    settings: config,
    readQueueToken: readRequestsQueueToken,
    ...options,
  })
  const ctx = createContext(host, config)
  const streams = new PlaceStreams(ctx)
  addRoutes(host.http, ctx, streams)
  addServices(host, ctx)
  host.consume(listensTo, messageHandlers(ctx), PATIENT)
  addTasks(host, ctx, streams)
  // The service is ready once Redis has answered; later on PostgreSQL answers for the rooms while Redis is away.
  host.check('redis', async () => (ctx.gate.everOpen ? null : 'Redis has not answered yet'))
  host.page('/health/system', () => checkSystem(config.SYSTEM_OPS_URLS))
  const running = await host.listen()
  host.lifecycle.add('event streams', () => streams.close())
  return { ...running, ctx }
}

function createContext(host: ServiceHost, config: QueueConfig): QueueContext {
  const { pool, logger, metrics } = host
  const roomPool = createRoomPool(host, config)
  const redis = createRedis({
    url: config.REDIS_URL,
    caFile: config.REDIS_CA_FILE,
    commandTimeoutMs: config.REDIS_COMMAND_TIMEOUT_MS,
    logger,
  })
  const gate = new RedisGate({ redis, logger, metrics })
  host.lifecycle.add('Redis', () => gate.close())
  const events = createEvents(metrics.registry, logger)
  const schedules = createSchedules(askCatalog(host, config))
  const mirror = new Mirror({
    gate,
    redis,
    pool: roomPool,
    logger,
    onEstimateProved: (predicted, actual) => events.estimateProved(predicted, actual),
  })
  const noteSeenAfterMs = Math.min(NOTE_SEEN_EVERY_MAX_MS, Math.floor(config.WAITING_MS / 8))
  const redisRoom = new RedisRoom(gate, mirror, noteSeenAfterMs)
  const defaults = roomDefaults(config)
  const postgres = new PostgresRoom({ pool: roomPool, schedules, defaults, noteSeenAfterMs })
  const joinCheck = createJoinCheck(config, logger)
  host.lifecycle.add('check at the join', async () => joinCheck.stop())
  const changes = { config, pool, mirror, busy: new BusyRooms(), noShowGrace: new NoShowGrace() }
  return {
    ...changes,
    logger,
    events,
    schedules,
    strangersLookups: new StrangersLookups(schedules),
    rooms: new Rooms({ redis: redisRoom, postgres, mirror }),
    joins: createJoinBatches(changes),
    placeLooks: createPlaceLooks(pool),
    joinCheck,
    hashClaim: claimHasher(config),
    notes: createPlaceNotes(changes),
    admissionCounts: new AdmissionCounts({ db: pool, logger }),
    drawsDue: new Set(),
    gate,
    redisRoom,
    fullUntil: new LRUCache({ max: ROOMS_MAX }),
    predictedAt: new LRUCache({ max: ROOMS_MAX }),
    now: () => new Date(),
  }
}

function createRoomPool(host: ServiceHost, config: QueueConfig): Pool {
  const pool = createPool({
    url: config.DATABASE_URL,
    applicationName: 'queue-rooms',
    max: config.ROOM_POOL_MAX,
    // A crowd waits for these statements, which are short.
    statementTimeoutMs: Math.min(ROOM_STATEMENT_MAX_MS, config.DATABASE_STATEMENT_TIMEOUT_MS),
    connectionWaitMs: config.DATABASE_POOL_WAIT_MS,
    onError: (error) => host.logger.warn({ err: error }, 'a database connection broke'),
  })
  host.lifecycle.add('database: rooms', () => pool.end())
  watchPool(host.metrics.registry, pool, 'rooms')
  return pool
}

function askCatalog(host: ServiceHost, config: QueueConfig): (scheduleId: number) => Promise<Schedule> {
  const catalog = host.connect(CatalogService, { name: 'catalog', address: config.CATALOG_GRPC, refusalKind })
  const getSchedule = catalog.call('GetSchedule', { deadlineMs: CATALOG_DEADLINE_MS, retriable: true })
  return (scheduleId) => getSchedule({ scheduleId })
}

function addTasks(host: ServiceHost, ctx: QueueContext, streams: PlaceStreams): void {
  host.every('open the gate to Redis', OPEN_EVERY_MS, () => ctx.gate.tryOpen(() => ctx.mirror.recover()))
  host.every('admit', ctx.config.ADMIT_EVERY_MS, (signal) => admitWaiting(ctx, signal))
  host.every('draw places', DRAW_EVERY_MS, (signal) => drawDuePlaces(ctx, signal))
  host.every('tidy ended tokens', TIDY_EVERY_MS, async () => {
    return (await deleteEndedTokens(ctx.pool, ctx.config.ENDED_TOKENS_KEEP_DAYS, TIDY_BATCH)) >= TIDY_BATCH
  })
  host.every('tidy checks at the join', TIDY_EVERY_MS, async () => {
    return (await tidyMarks(ctx.pool, ctx.config.ENDED_TOKENS_KEEP_DAYS, TIDY_BATCH)) >= TIDY_BATCH
  })
  host.every('tidy idempotency keys', TIDY_EVERY_MS, async () => {
    return (await tidyKeys(ctx.pool, ctx.config.IDEMPOTENCY_KEEP_HOURS)) >= TIDY_BATCH
  })
  host.every('event streams', STREAM_EVERY_MS, (signal) => streams.round(signal))
}
