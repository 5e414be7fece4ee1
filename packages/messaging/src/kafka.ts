import { createRequire } from 'node:module'
import { Kafka, logLevel, Partitioners } from 'kafkajs'
import type { Admin, Consumer, ConsumerConfig, Producer } from 'kafkajs'
import type { Logger } from 'pino'

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

let cured = false

/**
 * kafkajs 2.2.4 re-arms the timer of its request queue for ever, with a negative time-out: about 700 wake-ups a second
 * for each idle connection, and a warning on Node 24 (tulios/kafkajs#1704, #1751; fix #1755 was never released). This
 * schedules nothing while nothing is pending. It took half of the idle cost away.
 */
export function cureIdleBusyLoop(): void {
  if (cured) return
  cured = true
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
  // The second timer: ten looks a second at each connection for requests of 10 s that are overdue. One is enough.
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
}

/** The broker connection of one process; nothing else in the project imports kafkajs. */
export function createKafka(config: KafkaConfig): Kafka {
  cureIdleBusyLoop()
  return new Kafka({
    clientId: config.clientId,
    brokers: [...config.brokers],
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 8 },
    logLevel: logLevel.WARN,
    // A broker that is away shows as many warnings of kafkajs; they keep their level and its text as our message.
    logCreator: () => (entry) => {
      const { message, ...rest } = entry.log
      const fields = { kafka: { namespace: entry.namespace, ...withoutNoise(rest) } }
      if (entry.level <= logLevel.ERROR) config.logger.error(fields, message)
      else config.logger.warn(fields, message)
    },
  })
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
 * Options of every consumer here. A long poll of a second keeps heartbeats and shutdown prompt and idles cheaply; data is
 * handed out at once. After a kill -9 the partitions wait for `sessionTimeout`: 30 s stalled payments for half a minute, and 10 s is still
 * three heartbeats and far above the longest message (a transaction ends after 5 s).
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
