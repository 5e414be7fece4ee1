import { outboxBacklog } from '@frontrow/messaging/outbox'
import { OutboxRelay } from '@frontrow/messaging/outbox-relay'
import type { HostSettings } from './config.ts'
import { createAuthenticate } from './auth.ts'
import { FailureLog } from '@frontrow/failure-log/failure-log'
import { createGrpcServer } from './grpc-server.ts'
import type { GrpcServer } from './grpc-server.ts'
import { createHttpServer } from './http-server.ts'
import type { HttpServer } from './http-server.ts'
import type { ReadQueueToken } from './identify-callers.ts'
import type { Lifecycle } from './lifecycle.ts'
import { logAdminWrites } from './log-admin-writes.ts'
import { watchValue } from './metrics.ts'
import { limitPersons } from './person-limits.ts'
import { tokenKeys } from './token-keys.ts'
import { Overload } from './overload.ts'
import { createWorkerHost } from './worker-host.ts'
import type { WorkerHost } from './worker-host.ts'

/** The ports a service listens on. */
export interface Ports {
  http: number
  grpc: number
  ops: number
}

/** A service that runs. */
export interface RunningService {
  ports: Ports
  lifecycle: Lifecycle
  stop(): Promise<void>
}

/** What every service is built on. A service adds its routes, handlers and tasks, and then calls `listen`. */
export interface ServiceHost extends Omit<WorkerHost, 'listen'> {
  readonly relay: OutboxRelay
  readonly http: HttpServer
  readonly grpc: GrpcServer
  /** Starts everything, in order; when that fails half-way, what had started is stopped. */
  listen(): Promise<RunningService>
}

/** How long running requests may still take after the stop began. */
const GRACE_MS = 8_000

/** Builds the host of one service. Nothing listens or connects before `listen`. */
export function createHost(options: {
  service: string
  settings: HostSettings
  onFatal: (error: Error) => void
  /** Needed when the service has routes for holders of queue tokens. */
  readQueueToken?: ReadQueueToken
  /** False where several services share a process (tests). */
  processMetrics?: boolean
}): ServiceHost {
  const { service, settings } = options
  const worker = createWorkerHost(options)
  const { logger, metrics, lifecycle, pool, kafka, certificates } = worker
  const topicPrefix = settings.KAFKA_TOPIC_PREFIX
  const relay = new OutboxRelay({ kafka, databaseUrl: settings.DATABASE_URL, service, topicPrefix, logger })
  const keys = tokenKeys(settings, logger)
  // A service that has never read a key can let nobody in. One that has goes on with what it read.
  worker.check('identity provider', () => keys.whyNotReady())
  const http = createHttpServer({
    authenticate: createAuthenticate(settings, logger, Date.now, keys),
    readQueueToken: options.readQueueToken,
    limitPerson: limitPersons(settings),
    logAdminWrites: logAdminWrites(pool, logger),
    logger,
    metrics: metrics.http,
    overload: new Overload({
      limitMs: settings.OVERLOAD_WAIT_MS,
      onRefused: (urgency) => metrics.refusedForOverload.inc({ urgency }),
    }),
  })
  const strangers = new FailureLog(logger, 'a gRPC method is not for its caller')
  const grpc = createGrpcServer({
    certificates,
    onRefused: (method, caller, address) => {
      metrics.grpcRefused.inc({ method })
      strangers.failed(undefined, { method, caller, address })
    },
  })
  if (certificates === null && settings.GRPC_TLS !== 'by-mesh') {
    logger.warn(
      'gRPC has no certificates: whoever reaches its port can ask and change what other services may',
    )
  }

  const warnUnread = (error: unknown): void => logger.warn({ err: error }, 'a metric could not be read')
  watchValue(
    metrics.registry,
    { name: 'outbox_backlog', help: 'Unpublished outbox rows and the age of the oldest', labelName: 'what' },
    async () => {
      const backlog = await outboxBacklog(pool)
      return [
        { label: 'rows', value: backlog.rows },
        { label: 'oldest_seconds', value: backlog.oldestSeconds },
      ]
    },
    warnUnread,
  )

  return {
    ...worker,
    connect: (Service, peer) =>
      worker.connect(Service, { deadlineMinMs: settings.NEIGHBOUR_TIMEOUT_MS, ...peer }),
    relay,
    http,
    grpc,
    async listen() {
      const ports = { http: 0, grpc: 0 }
      const ops = await worker.listen({
        beforeConsuming: async () => {
          relay.start()
          lifecycle.add('outbox relay', () => relay.stop())
          ports.grpc = await grpc.listen(settings.HOST, settings.GRPC_PORT)
          lifecycle.add('gRPC', () => grpc.close(GRACE_MS))
        },
        last: async () => {
          ports.http = await http.listen(settings.HOST, settings.HTTP_PORT)
          lifecycle.add('HTTP', () => http.close(GRACE_MS))
        },
        markStopping: () => grpc.markStopping(),
      })
      return { ports: { ...ports, ops }, lifecycle, stop: () => lifecycle.stop() }
    },
  }
}
