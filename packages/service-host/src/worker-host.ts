import type { Client } from '@grpc/grpc-js'
import { MessageConsumer } from '@frontrow/messaging/consumer'
import type { MessageHandlers } from '@frontrow/messaging/handlers'
import { createKafka } from '@frontrow/messaging/kafka'
import type { Kafka } from '@frontrow/messaging/kafka'
import { kafkaSecurity } from '@frontrow/messaging/kafka-settings'
import type { Lingering } from '@frontrow/messaging/wake-up'
import { createPool } from '@frontrow/postgres/pool'
import type { Pool } from '@frontrow/postgres/pool'
import type { WorkerSettings } from './config.ts'
import { CERTIFICATES_LOOK_EVERY_MS, readGrpcCertificates } from './grpc-certificates.ts'
import type { GrpcCertificates } from './grpc-certificates.ts'
import { createGrpcTarget } from './grpc-client.ts'
import type { CallOf, GrpcTarget, GrpcTargetOptions, Peer } from './grpc-client.ts'
import { Lifecycle } from './lifecycle.ts'
import { createLogger } from './logger.ts'
import type { Logger } from './logger.ts'
import { createMetrics, watchPool, watchValue } from './metrics.ts'
import type { HostMetrics } from './metrics.ts'
import { createOpsServer } from './ops-server.ts'
import type { OpsServerOptions, ReadinessCheck } from './ops-server.ts'
import { Poller } from './poller.ts'

/** What every process is built on: it consumes messages, runs tasks, calls services and shows how it is. */
export interface WorkerHost {
  readonly service: string
  readonly logger: Logger
  readonly metrics: HostMetrics
  readonly lifecycle: Lifecycle
  readonly pool: Pool
  readonly kafka: Kafka
  /** What this process shows to others over gRPC; null where it has no certificate. */
  readonly certificates: GrpcCertificates | null
  /** A client of another service by its generated class; it is closed with the host. */
  connect<C extends Client>(
    Service: new (...target: ConstructorParameters<typeof Client>) => C,
    options: Pick<GrpcTargetOptions, 'name' | 'service' | 'address' | 'refusalKind' | 'deadlineMinMs'>,
  ): Peer<C>
  /** Consumes topics as the consumer group of this service. Call it once. Under load messages gather for as long as `lingering` says. */
  consume<M>(topics: readonly string[], handlers: MessageHandlers<M>, lingering?: Lingering): void
  /** Runs a background task every `everyMs`, and at once again when a round returns true, from `listen` until the stop. */
  every(name: string, everyMs: number, round: (signal: AbortSignal) => Promise<boolean | void>): void
  /** Adds a condition of readiness. */
  check(name: string, check: ReadinessCheck): void
  /** Adds a page to the ops port. */
  page(path: string, page: NonNullable<OpsServerOptions['pages']>[string]): void
  /**
   * Starts everything, in order, and returns the ops port; when that fails half-way, what had started is stopped. `servers` are the
   * parts of a process that serves: those that start before it consumes, those that start last, and what ends its readiness.
   */
  listen(servers?: Servers): Promise<number>
}

/** What a process that serves others adds to the start of its host. */
export interface Servers {
  beforeConsuming: () => Promise<void>
  last: () => Promise<void>
  markStopping: () => void
}

/** Builds the host of one process. Nothing listens or connects before `listen`. */
export function createWorkerHost(options: {
  service: string
  settings: WorkerSettings
  onFatal: (error: Error) => void
  /** False where several services share a process (tests). */
  processMetrics?: boolean
}): WorkerHost {
  const { service, settings } = options
  const logger = createLogger({ service, level: settings.LOG_LEVEL })
  const metrics = createMetrics(service, { processMetrics: options.processMetrics ?? true })
  const lifecycle = new Lifecycle(logger)
  const pool = createPool({
    url: settings.DATABASE_URL,
    applicationName: service,
    max: settings.DATABASE_POOL_MAX,
    statementTimeoutMs: settings.DATABASE_STATEMENT_TIMEOUT_MS,
    connectionWaitMs: settings.DATABASE_POOL_WAIT_MS,
    onError: (error) => logger.warn({ err: error }, 'a database connection broke'),
  })
  // Added first and so closed last, because what a service adds before `listen` may still write while it stops.
  lifecycle.add('database', () => pool.end())
  const kafka = createKafka({
    clientId: service,
    brokers: settings.KAFKA_BROKERS,
    security: kafkaSecurity(settings),
    logger,
    onRequest: (api) => metrics.kafkaRequests.inc({ api }),
  })
  const topicPrefix = settings.KAFKA_TOPIC_PREFIX
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
  const certificates = readGrpcCertificates(settings, logger)
  if (certificates !== null) tasks.push(watchCertificates(certificates, metrics, logger))

  const start = async (servers: Servers | undefined): Promise<number> => {
    for (const { target, client } of clients) {
      lifecycle.add(`calls to ${target.name}`, () => {
        client.close()
        target.close()
      })
    }
    const opsPort = await ops.listen(settings.HOST, settings.OPS_PORT)
    lifecycle.add('ops', () => ops.close())
    await servers?.beforeConsuming()
    startConsumer(consumer, lifecycle, options.onFatal)
    for (const task of tasks) task.start()
    lifecycle.add('tasks', async () => {
      await Promise.all(tasks.map((task) => task.stop()))
    })
    await servers?.last()
    lifecycle.add('readiness', () => {
      ops.markStopping()
      servers?.markStopping()
    })
    return opsPort
  }

  return {
    service,
    logger,
    metrics,
    lifecycle,
    pool,
    kafka,
    certificates,
    connect(Service, peer) {
      const target = createGrpcTarget({ ...peer, certificates, metrics })
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
    consume(topics, handlers, lingering) {
      const messageConsumer = new MessageConsumer({
        kafka,
        groupId: `${topicPrefix}frontrow.${service}`,
        topics: topics.map((topic) => topicPrefix + topic),
        handlers,
        lingering,
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
      // The process is not ready before its first join. When Kafka fails later, it still serves requests.
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
    async listen(servers) {
      try {
        return await start(servers)
      } catch (error) {
        await lifecycle.stop()
        throw error
      }
    },
  }
}

function watchCertificates(certificates: GrpcCertificates, metrics: HostMetrics, logger: Logger): Poller {
  watchValue(
    metrics.registry,
    { name: 'grpc_certificate_seconds_left', help: 'How long the certificate for gRPC is still good' },
    () => Promise.resolve([{ value: (certificates.validTo.getTime() - Date.now()) / 1_000 }]),
    (error) => logger.warn({ err: error }, 'a metric could not be read'),
  )
  return new Poller({
    name: 'certificates for gRPC',
    everyMs: CERTIFICATES_LOOK_EVERY_MS,
    round: () => Promise.resolve(certificates.refresh()),
    logger,
  })
}

// The start is not awaited, because without a broker the process can still do what needs none.
function startConsumer(
  consumer: Pick<MessageConsumer<unknown>, 'start' | 'stop'> | undefined,
  lifecycle: Lifecycle,
  onFatal: (error: Error) => void,
): void {
  if (consumer === undefined) return
  consumer.start().catch(onFatal)
  lifecycle.add('consumer', () => consumer.stop())
}
