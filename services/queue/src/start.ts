import type { Schedule__Output as Schedule } from '@frontrow/proto/gen/frontrow/catalog/v1/Schedule'
import { readRequestsQueueToken } from '@frontrow/proto/queue-token'
import { refusalKind } from '@frontrow/proto/refusals'
import { CatalogService } from '@frontrow/proto/services'
import { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import { createHost } from '@frontrow/service-host/host'
import type { RunningService, ServiceHost } from '@frontrow/service-host/host'
import { watchPool } from '@frontrow/service-host/metrics'
import { createPool } from '@frontrow/postgres/pool'
import type { Pool } from '@frontrow/postgres/pool'
import { LRUCache } from 'lru-cache'
import { logAdmissions } from './admission-log.ts'
import { admitInPostgres, createAdmissionMemory } from './admit-in-postgres.ts'
import { admitWaiting, noFailedRooms } from './admit-waiting.ts'
import type { QueueConfig } from './config.ts'
import type { QueueContext } from './context.ts'
import { drawDuePlaces } from './draw-early-places.ts'
import { createEvents } from './events.ts'
import { addServices } from './grpc.ts'
import { addRoutes } from './http.ts'
import { createJoinBatches } from './join-batches.ts'
import { listensTo, messageHandlers } from './messages.ts'
import { noCheckedRooms, noteMissedAdmissions } from './note-missed-admissions.ts'
import { PlaceChanges } from './place-changes.ts'
import { PlaceStreams } from './place-streams.ts'
import { createRedis } from './redis.ts'
import { RedisGate } from './redis-gate.ts'
import { RedisLease } from './redis-lease.ts'
import { createSchedules } from './schedules.ts'
import { deleteEndedTokens, findTokens } from './sql/queue-tokens.ts'
import { roomDefaults } from './steer-waiting-room.ts'
import { countRoom, summarizeRoom } from './summarize-room.ts'
import { checkSystem } from './system-health.ts'
import { TokenDirectory } from './token-directory.ts'
import { createTokenLookups } from './token-lookups.ts'
import { readWaitingLine, WaitingLines } from './waiting-lines.ts'
import { WaitingRooms } from './waiting-rooms.ts'

/** A queue service that runs. */
export interface RunningQueue extends RunningService {
  ctx: QueueContext
}

const OPEN_EVERY_MS = 500
const LEASE_EVERY_MS = 1_000
const MISSED_EVERY_MS = 5_000
const RECORD_EVERY_MS = 200
const DRAW_EVERY_MS = 200
const LOG_EVERY_MS = 2_000
const STREAM_EVERY_MS = 500
const TIDY_EVERY_MS = 600_000
const TIDY_BATCH = 5_000
const SUMMARY_MS = 1_000
const ROOMS_MAX = 5_000
const CATALOG_DEADLINE_MS = 800

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
  const redis = createRedis({
    url: config.REDIS_URL,
    commandTimeoutMs: config.REDIS_COMMAND_TIMEOUT_MS,
    logger: host.logger,
  })
  const roomPool = createRoomPool(host, config, { name: 'rooms', max: config.ROOM_POOL_MAX })
  // The lease has a connection of its own, so that a renewal does not wait behind a crowd.
  const lease = new RedisLease(createRoomPool(host, config, { name: 'lease', max: 1 }))
  const gate = new RedisGate({ redis, lease, logger: host.logger, metrics: host.metrics })
  host.lifecycle.add('Redis', () => gate.close())
  const ctx = createContext(host, config, { gate, roomPool })
  host.lifecycle.add('changes of places', () => ctx.changes.flush())
  const streams = new PlaceStreams(ctx)
  addRoutes(host.http, ctx, streams)
  addServices(host, ctx)
  host.consume(listensTo, messageHandlers(ctx), config.KAFKA_CONCURRENCY)
  addTasks(host, ctx, streams)
  // The service is ready once Redis has answered; later on the rooms are served from PostgreSQL while Redis is away.
  host.check('redis', async () => (gate.everOpen ? null : 'Redis has not answered yet'))
  host.page('/health/system', () => checkSystem(config.SYSTEM_OPS_URLS))
  const running = await host.listen()
  host.lifecycle.add('event streams', () => streams.close())
  return { ...running, ctx }
}

function createRoomPool(
  host: ServiceHost,
  config: QueueConfig,
  { name, max }: { name: string; max: number },
): Pool {
  const pool = createPool({
    url: config.DATABASE_URL,
    applicationName: `queue-${name}`,
    max,
    statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
    onError: (error) => host.logger.warn({ err: error }, 'a database connection broke'),
  })
  host.lifecycle.add(`database: ${name}`, () => pool.end())
  watchPool(host.metrics.registry, pool, name)
  return pool
}

function createContext(
  host: ServiceHost,
  config: QueueConfig,
  { gate, roomPool }: Pick<QueueContext, 'gate' | 'roomPool'>,
): QueueContext {
  const { pool, logger } = host
  const defaults = roomDefaults(config)
  const now = (): Date => new Date()
  const changes = new PlaceChanges(pool, logger, (change) => rooms.unsynced.add(change))
  const rooms: WaitingRooms = new WaitingRooms({
    gate,
    pool,
    changes,
    logger,
    defaults,
    activeMs: config.ACTIVE_MS,
    waitingMs: config.WAITING_MS,
    waitingMax: config.WAITING_MAX,
  })
  const lines = new WaitingLines((scheduleId) => readWaitingLine(roomPool, scheduleId))
  const summariesInPostgres = new CoalescedCache({
    load: (scheduleId: number) => countRoom(roomPool, lines, scheduleId, defaults),
    freshMs: SUMMARY_MS,
    max: ROOMS_MAX,
  })
  return {
    config,
    logger,
    pool,
    roomPool,
    gate,
    rooms,
    now,
    events: createEvents(host.metrics.registry, logger),
    directory: new TokenDirectory(gate, pool),
    joins: createJoinBatches(pool, defaults),
    changes,
    schedules: createSchedules(askCatalog(host, config)),
    summaries: new CoalescedCache({
      load: (scheduleId: number) => summarizeRoom(rooms, summariesInPostgres, scheduleId),
      freshMs: SUMMARY_MS,
      max: ROOMS_MAX,
    }),
    summariesInPostgres,
    lines,
    lookups: createTokenLookups((tokenHashes) => findTokens(roomPool, tokenHashes)),
    fullUntil: new LRUCache({ max: ROOMS_MAX }),
    predictedAt: new LRUCache({ max: ROOMS_MAX }),
    drawsDue: new Set(),
  }
}

function askCatalog(host: ServiceHost, config: QueueConfig): (scheduleId: number) => Promise<Schedule> {
  const catalog = host.connect(CatalogService, { name: 'catalog', address: config.CATALOG_GRPC, refusalKind })
  const getSchedule = catalog.call('GetSchedule', { deadlineMs: CATALOG_DEADLINE_MS, retriable: true })
  return (scheduleId) => getSchedule({ scheduleId })
}

function addTasks(host: ServiceHost, ctx: QueueContext, streams: PlaceStreams): void {
  const { gate } = ctx
  host.every('open the gate to Redis', OPEN_EVERY_MS, () =>
    gate.tryOpen((redis, epoch) => ctx.rooms.recover(redis, epoch)),
  )
  host.every('keep the lease', LEASE_EVERY_MS, () => gate.keepLease())
  const failedRooms = noFailedRooms()
  const memory = createAdmissionMemory()
  host.every('admit', ctx.config.ADMIT_EVERY_MS, (signal) =>
    gate.isOpen ? admitWaiting(ctx, failedRooms, signal) : admitInPostgres(ctx, memory, signal),
  )
  const checkedRooms = noCheckedRooms()
  host.every('note missed admissions', MISSED_EVERY_MS, () => noteMissedAdmissions(ctx, checkedRooms))
  host.every('draw places', DRAW_EVERY_MS, (signal) => drawDuePlaces(ctx, signal))
  host.every('log admissions', LOG_EVERY_MS, (signal) => logAdmissions(ctx, signal))
  host.every('record changes of places', RECORD_EVERY_MS, () => ctx.changes.flush())
  host.every('tidy ended tokens', TIDY_EVERY_MS, async () => {
    return (await deleteEndedTokens(ctx.pool, ctx.config.ENDED_TOKENS_KEEP_DAYS, TIDY_BATCH)) >= TIDY_BATCH
  })
  host.every('event streams', STREAM_EVERY_MS, (signal) => streams.round(signal))
}
