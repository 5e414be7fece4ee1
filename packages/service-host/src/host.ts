import type { Client } from '@grpc/grpc-js'
import { MessageConsumer } from '@frontrow/messaging/consumer'
import type { MessageHandlers } from '@frontrow/messaging/handlers'
import { createKafka } from '@frontrow/messaging/kafka'
import type { Kafka } from '@frontrow/messaging/kafka'
import { outboxBacklog } from '@frontrow/messaging/outbox'
import { OutboxRelay } from '@frontrow/messaging/outbox-relay'
import { createPool } from '@frontrow/postgres/pool'
import type { Pool } from '@frontrow/postgres/pool'
import type { HostSettings } from './config.ts'
import { createAuthenticate } from './auth.ts'
import { createGrpcServer } from './grpc-server.ts'
import type { GrpcServer } from './grpc-server.ts'
import { createGrpcTarget } from './grpc-client.ts'
import type { CallOf, GrpcTarget, GrpcTargetOptions, Peer } from './grpc-client.ts'
import { createHttpServer } from './http-server.ts'
import type { HttpServer } from './http-server.ts'
import type { ReadQueueToken } from './identify-callers.ts'
import { Lifecycle } from './lifecycle.ts'
import { logAdminWrites } from './log-admin-writes.ts'
import { createLogger } from './logger.ts'
import type { Logger } from './logger.ts'
import { createMetrics, watchPool, watchValue } from './metrics.ts'
import type { HostMetrics } from './metrics.ts'
import { createOpsServer } from './ops-server.ts'
import type { OpsServerOptions, ReadinessCheck } from './ops-server.ts'
import { Poller } from './poller.ts'

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
export interface ServiceHost {
  readonly service: string
  readonly logger: Logger
  readonly metrics: HostMetrics
  readonly lifecycle: Lifecycle
  readonly pool: Pool
  readonly kafka: Kafka
  readonly relay: OutboxRelay
  readonly http: HttpServer
  readonly grpc: GrpcServer
  /** A client of another service by its generated class; it is closed with the host. */
  connect<C extends Client>(
    Service: new (...target: ConstructorParameters<typeof Client>) => C,
    options: Pick<GrpcTargetOptions, 'name' | 'address' | 'refusalKind'>,
  ): Peer<C>
  /** Consumes topics as the consumer group of this service. Call it once. */
  consume<M>(topics: readonly string[], handlers: MessageHandlers<M>): void
  /** Runs a background task every `everyMs`, and at once again when a round returns true, from `listen` until the stop. */
  every(name: string, everyMs: number, round: (signal: AbortSignal) => Promise<boolean | void>): void
  /** Adds a condition of readiness. */
  check(name: string, check: ReadinessCheck): void
  /** Adds a page to the ops port. */
  page(path: string, page: NonNullable<OpsServerOptions['pages']>[string]): void
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
  const logger = createLogger({ service, level: settings.LOG_LEVEL })
  const metrics = createMetrics(service, { processMetrics: options.processMetrics ?? true })
  const lifecycle = new Lifecycle(logger)
  const pool = createPool({
    url: settings.DATABASE_URL,
    applicationName: service,
    max: settings.DATABASE_POOL_MAX,
    statementTimeoutMs: settings.DATABASE_STATEMENT_TIMEOUT_MS,
    onError: (error) => logger.warn({ err: error }, 'a database connection broke'),
  })
  // Added first and so closed last, because what a service adds before `listen` may still write while it stops.
  lifecycle.add('database', () => pool.end())
  const kafka = createKafka({
    clientId: service,
    brokers: settings.KAFKA_BROKERS,
    logger,
    onRequest: (api) => metrics.kafkaRequests.inc({ api }),
  })
  const topicPrefix = settings.KAFKA_TOPIC_PREFIX
  const relay = new OutboxRelay({ kafka, databaseUrl: settings.DATABASE_URL, service, topicPrefix, logger })
  const http = createHttpServer({
    authenticate: createAuthenticate(settings, logger),
    readQueueToken: options.readQueueToken,
    logAdminWrites: logAdminWrites(pool, logger),
    logger,
    metrics: metrics.http,
  })
  const grpc = createGrpcServer()
  const checks: Record<string, ReadinessCheck> = {
    database: async () => {
      await pool.query('SELECT 1')
      return null
    },
  }
  const pages: Record<string, NonNullable<OpsServerOptions['pages']>[string]> = {}
  const ops = createOpsServer({ registry: metrics.registry, logger, checks, pages })
  const tasks: Poller[] = []
  const clients: { target: GrpcTarget; client: Client }[] = []
  let consumer: Pick<MessageConsumer<unknown>, 'start' | 'stop'> | undefined

  watchPool(metrics.registry, pool)
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

  const start = async (): Promise<Ports> => {
    for (const { target, client } of clients) {
      lifecycle.add(`calls to ${target.name}`, () => {
        client.close()
        target.close()
      })
    }
    const opsPort = await ops.listen(settings.HOST, settings.OPS_PORT)
    lifecycle.add('ops', () => ops.close())
    relay.start()
    lifecycle.add('outbox relay', () => relay.stop())
    const grpcPort = await grpc.listen(settings.HOST, settings.GRPC_PORT)
    lifecycle.add('gRPC', () => grpc.close(GRACE_MS))
    startConsumer(consumer, lifecycle, options.onFatal)
    for (const task of tasks) task.start()
    lifecycle.add('tasks', async () => {
      await Promise.all(tasks.map((task) => task.stop()))
    })
    const httpPort = await http.listen(settings.HOST, settings.HTTP_PORT)
    lifecycle.add('HTTP', () => http.close(GRACE_MS))
    lifecycle.add('readiness', () => {
      ops.markStopping()
      grpc.markStopping()
    })
    return { http: httpPort, grpc: grpcPort, ops: opsPort }
  }

  return {
    service,
    logger,
    metrics,
    lifecycle,
    pool,
    kafka,
    relay,
    http,
    grpc,
    connect(Service, peer) {
      const target = createGrpcTarget({ ...peer, metrics })
      const client = new Service(target.address, target.credentials, target.channelOptions)
      clients.push({ target, client })
      return {
        call(method, limits) {
          const invoke: unknown = client[method]
          if (typeof invoke !== 'function') throw new Error(`${peer.name} has no method ${method}`)
          // Sound because a generated client has each method of its contract under its name, in the form that CallOf reads.
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion
          return target.unary(method, invoke.bind(client), limits) as CallOf<(typeof client)[typeof method]>
        },
      }
    },
    consume(topics, handlers) {
      const messageConsumer = new MessageConsumer({
        kafka,
        groupId: `${topicPrefix}frontrow.${service}`,
        topics: topics.map((topic) => topicPrefix + topic),
        handlers,
        logger,
        onCrash: options.onFatal,
        onHandled: ({ topic, type, outcome, seconds }) => {
          metrics.messages.inc({ topic, type, outcome })
          metrics.messageSeconds.observe({ type }, seconds)
        },
        onBatch: ({ messages }) => metrics.messagesPerBatch.observe(messages),
        onLag: ({ topic, partition, lag }) => metrics.consumerLag.set({ topic, partition }, lag),
      })
      consumer = messageConsumer
      let everJoined = false
      // The service is not ready before its first join. When Kafka fails later, it still serves requests.
      checks['kafka'] = async () => {
        everJoined ||= messageConsumer.joined
        return everJoined ? null : 'the consumer has not joined its group yet'
      }
    },
    every(name, everyMs, round) {
      tasks.push(new Poller({ name, everyMs, round, logger }))
    },
    check(name, check) {
      checks[name] = check
    },
    page(path, page) {
      pages[path] = page
    },
    async listen() {
      try {
        const ports = await start()
        return { ports, lifecycle, stop: () => lifecycle.stop() }
      } catch (error) {
        await lifecycle.stop()
        throw error
      }
    },
  }
}

// The start is not awaited, because without a broker the service can still serve requests that don't need one.
function startConsumer(
  consumer: Pick<MessageConsumer<unknown>, 'start' | 'stop'> | undefined,
  lifecycle: Lifecycle,
  onFatal: (error: Error) => void,
): void {
  if (consumer === undefined) return
  consumer.start().catch(onFatal)
  lifecycle.add('consumer', () => consumer.stop())
}
