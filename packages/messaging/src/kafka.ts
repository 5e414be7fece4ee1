import { createRequire } from 'node:module'
import { Kafka, logLevel, Partitioners } from 'kafkajs'
import type {
  Admin,
  Consumer,
  ConsumerConfig,
  KafkaConfig as KafkaOptions,
  Producer,
  ProducerConfig,
} from 'kafkajs'
import type { Logger } from 'pino'
import type { KafkaSecurity } from './kafka-settings.ts'

const require = createRequire(import.meta.url)

interface RequestQueue {
  pending: unknown[]
  throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  checkPendingRequests(): void
  scheduleCheckPendingRequests(): void
  enforceRequestTimeout: boolean
  requestTimeoutIntervalId: NodeJS.Timeout | null
  inflight: Map<number, { sentAt: number; requestTimeout: number; timeoutRequest(): void }>
  isConnected(): boolean
  destroy(): void
  scheduleRequestTimeoutCheck(): void
}

const TIMEOUT_CHECK_EVERY_MS = 1_000

let patched = false

/**
 * kafkajs 2.2.4 re-arms the timer of its request queue for ever, with a negative time-out: about 700 wake-ups a second
 * for each idle connection, and a warning on Node 24 (tulios/kafkajs#1704, #1751; fix #1755 was never released). This
 * schedules nothing while nothing is pending, which halved what an idle process costs.
 */
export function patchIdleBusyLoop(): void {
  if (patched) return
  patched = true
  const { prototype }: { prototype: RequestQueue } = require('kafkajs/src/network/requestQueue')
  prototype.scheduleCheckPendingRequests = function scheduleCheckPendingRequests(this: RequestQueue) {
    if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return
    const throttledMs = this.throttledUntil - Date.now()
    const timer = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null
        this.checkPendingRequests()
      },
      Math.max(10, throttledMs),
    )
    this.throttleCheckTimeoutId = timer
  }
  // kafkajs looks for overdue requests ten times a second on each connection. They may take 10 s, so once is enough.
  prototype.scheduleRequestTimeoutCheck = function scheduleRequestTimeoutCheck(this: RequestQueue) {
    if (!this.enforceRequestTimeout) return
    this.destroy()
    this.requestTimeoutIntervalId = setInterval(() => {
      for (const request of this.inflight.values()) {
        if (Date.now() - request.sentAt > request.requestTimeout) request.timeoutRequest()
      }
      if (!this.isConnected()) this.destroy()
    }, TIMEOUT_CHECK_EVERY_MS)
  }
}

/** How one process reaches the brokers. */
export interface KafkaConfig {
  clientId: string
  /** host:port of one or more brokers. */
  brokers: readonly string[]
  logger: Logger
  /** TLS and credentials, where the brokers want them. */
  security?: KafkaSecurity
  /** Called after each request to a broker with its kind, such as Fetch, Produce or OffsetCommit. */
  onRequest?: (api: string) => void
}

/** Tells of the requests of its producers and consumers. kafkajs reports these events only where somebody listens. */
class WatchedKafka extends Kafka {
  readonly #onRequest: (api: string) => void

  constructor(config: KafkaOptions, onRequest: (api: string) => void) {
    super(config)
    this.#onRequest = onRequest
  }

  override producer(config?: ProducerConfig): Producer {
    const producer = super.producer(config)
    producer.on(producer.events.REQUEST, ({ payload }) => this.#onRequest(payload.apiName))
    return producer
  }

  override consumer(config: ConsumerConfig): Consumer {
    const consumer = super.consumer(config)
    consumer.on(consumer.events.REQUEST, ({ payload }) => this.#onRequest(payload.apiName))
    return consumer
  }
}

/** The broker connection of one process; nothing else in the project imports kafkajs. */
export function createKafka(config: KafkaConfig): Kafka {
  patchIdleBusyLoop()
  const options: KafkaOptions = {
    clientId: config.clientId,
    brokers: [...config.brokers],
    ...config.security,
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 8 },
    logLevel: logLevel.WARN,
    // kafkajs warns a lot while a broker is away. Our logger gets these entries with their level and text.
    logCreator: () => (entry) => {
      const { message, ...rest } = entry.log
      const fields = { kafka: { namespace: entry.namespace, ...withoutNoise(rest) } }
      if (entry.level <= logLevel.ERROR) config.logger.error(fields, message)
      else config.logger.warn(fields, message)
    },
  }
  return config.onRequest === undefined ? new Kafka(options) : new WatchedKafka(options, config.onRequest)
}

function withoutNoise(fields: Record<string, unknown>): Record<string, unknown> {
  const { timestamp: _timestamp, logger: _logger, stack: _stack, ...rest } = fields
  return rest
}

/**
 * Not the idempotent producer: it is experimental in kafkajs and may retry without end. Duplicates are harmless, since
 * every consumer claims a message's id in its inbox.
 */
export function createProducer(kafka: Kafka): Producer {
  return kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
    idempotent: false,
    maxInFlightRequests: 1,
    retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 2_000 },
  })
}

/**
 * A consumer with the options that all of them share. A poll waits a second at most, which keeps heartbeats and shutdown
 * prompt and costs little; messages end the wait at once. After a kill -9 the process's partitions stand still for
 * `sessionTimeout`. 30 s of it stalled payments for half a minute; 10 s are three heartbeats and far more than the
 * longest message takes (a transaction ends after 5 s).
 */
export function createConsumer(
  kafka: Kafka,
  groupId: string,
  overrides: Partial<ConsumerConfig> = {},
): Consumer {
  return kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    sessionTimeout: 10_000,
    heartbeatInterval: 3_000,
    rebalanceTimeout: 60_000,
    minBytes: 1,
    maxWaitTimeInMs: 1_000,
    maxBytesPerPartition: 1_048_576,
    ...overrides,
  })
}

export type { Admin, Consumer, Kafka, Producer }
