import { setTimeout as delay } from 'node:timers/promises'
import { failpoint } from '@frontrow/failpoints/failpoint'
import { FailureLog } from '@frontrow/failure-log/failure-log'
import { isDatabaseUnavailable } from '@frontrow/postgres/errors'
import { createClient } from '@frontrow/postgres/pool'
import type { Logger } from 'pino'
import type { Kafka, Producer } from './kafka.ts'
import { createProducer } from './kafka.ts'
import { toHeaders } from './envelope.ts'
import type { OutboxRow } from './outbox.ts'
import { markAndRead, tidyMessages } from './outbox.ts'
import type { WakeUp } from './wake-up.ts'
import { Alarm, lingerMs } from './wake-up.ts'

// Any number works, as long as all instances of one schema use the same: advisory locks are per database, so the
// schema's name is hashed in.
const RELAY_LOCK_CLASS = 7_220_012
const BATCH_MAX = 500
const TIDY_EVERY_MS = 600_000
const RETRY_MAX_MS = 5_000
const STANDBY_LOOK_EVERY_MS = 1_000
// As long as a consumer of Kafka may be silent (sessionTimeout).
const SILENT_MAX_MS = 10_000
// With no further rows to read, what was published is marked after this time.
const MARK_WITHIN_MS = 100
const LAST_ROUNDS_MAX = 20

/** Settings of one service's relay. */
export interface RelayConfig {
  kafka: Kafka
  /** A direct connection (no transaction pooler): the leader holds a session-level lock on it. */
  databaseUrl: string
  /** The schema, which is also the `ce_source`: `frontrow/<service>`. */
  service: string
  /** Put before every topic's name; empty unless a broker is shared. */
  topicPrefix: string
  logger: Logger
  /** Look at least this often; commits of this process wake it at once. */
  pollMs?: number
  /** PostgreSQL takes the lead from a leader that has sent it nothing for this long. */
  silentMaxMs?: number
  keepDays?: { outbox: number; inbox: number }
}

/**
 * Publishes the outbox of one schema to Kafka, in id order, at least once. One instance leads at a time (advisory
 * lock), so that order is kept with many instances; the others stand by. PostgreSQL ends the session of a leader that is
 * silent, because a frozen one keeps its lock: nothing was published until it was killed. A leader that waits so long for
 * the broker loses the lead too and may publish beside the next one; each message still arrives first in its order. A row
 * is marked after the broker's acknowledgement of all replicas, by the statement that reads the next ones: a crash in
 * between publishes it again, never loses it. No transaction is open while the broker is asked.
 */
export class OutboxRelay implements WakeUp {
  readonly #config: RelayConfig
  readonly #alarm = new Alarm()
  readonly #failures: FailureLog
  #client: ReturnType<typeof createClient> | undefined
  #producer: Producer | undefined
  #leads = false
  #stopping = false
  #running: Promise<void> | undefined
  #nextTidyAt = 0
  /** Acknowledged by the broker and not marked yet. */
  #published: number[] = []

  constructor(config: RelayConfig) {
    this.#config = config
    this.#failures = new FailureLog(config.logger, 'the outbox relay could not publish; it tries again')
  }

  wake(): void {
    // A standby has nothing to publish; it looks once a second whether it should lead.
    if (this.#leads) this.#alarm.wake()
  }

  /** Whether this instance publishes for its schema now. */
  get leads(): boolean {
    return this.#leads
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Publishes what is there, if it can, and ends. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#alarm.wake()
    await this.#running
  }

  async #run(): Promise<void> {
    const pollMs = this.#config.pollMs ?? 500
    while (!this.#stopping) {
      try {
        const published = await this.#round()
        this.#failures.succeeded()
        if (published === BATCH_MAX || this.#stopping) continue
        await this.#alarm.wait(this.#waitMs(pollMs))
        const linger = lingerMs(published)
        if (linger > 0 && !this.#stopping) await delay(linger)
      } catch (error) {
        this.#report(error)
        await this.#disconnect()
        if (!this.#stopping) await this.#alarm.wait(Math.min(RETRY_MAX_MS, 100 * 2 ** this.#failures.count))
      }
    }
    await this.#lastRound()
    await this.#disconnect()
  }

  #waitMs(pollMs: number): number {
    if (!this.#leads) return STANDBY_LOOK_EVERY_MS
    return this.#published.length > 0 ? Math.min(pollMs, MARK_WITHIN_MS) : pollMs
  }

  async #lastRound(): Promise<void> {
    if (!this.#leads) return
    try {
      // The last of them marks what the one before has published. Other instances may go on writing, and who leads next publishes that.
      for (let rounds = 0; rounds < LAST_ROUNDS_MAX && (await this.#round()) > 0;) rounds += 1
      if (this.#published.length > 0) await markAndRead(await this.#connect(), this.#published, 0)
    } catch (error) {
      this.#report(error)
    }
  }

  #report(error: unknown): void {
    this.#failures.failed(error, { database: isDatabaseUnavailable(error) })
  }

  async #round(): Promise<number> {
    const client = await this.#connect()
    if (!this.#leads) {
      const { rows } = await client.query<{ locked: boolean }>(
        'SELECT pg_try_advisory_lock($1, hashtext($2)) AS locked',
        [RELAY_LOCK_CLASS, this.#config.service],
      )
      this.#leads = rows[0]?.locked === true
      if (!this.#leads) return 0
    }
    const rows = await markAndRead(client, this.#published, BATCH_MAX)
    this.#published = []
    if (rows.length > 0) {
      await this.#publish(rows)
      this.#published = rows.map((row) => row.id)
    }
    await this.#tidy(client)
    return rows.length
  }

  async #publish(rows: readonly OutboxRow[]): Promise<void> {
    const byTopic = Map.groupBy(rows, (row) => row.topic)
    const producer = await this.#connectProducer()
    const typesOf = (): string[] => rows.map(({ type }) => type)
    failpoint('relay-read', typesOf)
    await producer.sendBatch({
      acks: -1,
      timeout: 5_000,
      topicMessages: [...byTopic].map(([topic, topicRows]) => ({
        topic: this.#config.topicPrefix + topic,
        messages: topicRows.map((row) => ({
          key: row.message_key,
          value: row.payload,
          headers: toHeaders({
            id: row.message_id,
            type: row.type,
            source: `frontrow/${this.#config.service}`,
            time: row.occurred_at,
            traceparent: row.traceparent,
            requestId: row.request_id,
          }),
        })),
      })),
    })
    failpoint('relay-published', typesOf)
  }

  async #tidy(client: ReturnType<typeof createClient>): Promise<void> {
    if (Date.now() < this.#nextTidyAt) return
    const keepDays = this.#config.keepDays ?? { outbox: 3, inbox: 30 }
    const deleted = await tidyMessages(client, keepDays)
    this.#nextTidyAt = deleted >= 5_000 ? 0 : Date.now() + TIDY_EVERY_MS
  }

  async #connect(): Promise<ReturnType<typeof createClient>> {
    if (this.#client !== undefined) return this.#client
    const client = createClient(this.#config.databaseUrl, `${this.#config.service}-relay`, {
      queryTimeoutMs: 12_000,
    })
    client.on('error', (error) => {
      this.#config.logger.warn({ err: error }, 'the outbox relay lost its database connection')
      if (this.#client === client) {
        this.#client = undefined
        this.#leads = false
        this.#published = []
      }
    })
    await client.connect()
    // A mark that a crash of the server loses is made again by publishing again, so its commit waits for no disk.
    const silentMaxMs = this.#config.silentMaxMs ?? SILENT_MAX_MS
    await client.query(
      `SET statement_timeout = '10s'; SET synchronous_commit = off; SET idle_session_timeout = ${silentMaxMs}`,
    )
    this.#client = client
    return client
  }

  async #connectProducer(): Promise<Producer> {
    if (this.#producer !== undefined) return this.#producer
    const producer = createProducer(this.#config.kafka)
    await producer.connect()
    this.#producer = producer
    return producer
  }

  async #disconnect(): Promise<void> {
    const client = this.#client
    const producer = this.#producer
    this.#client = undefined
    this.#producer = undefined
    this.#leads = false
    this.#published = []
    const closing = await Promise.allSettled([client?.end(), producer?.disconnect()])
    for (const result of closing) {
      if (result.status === 'rejected') this.#config.logger.debug({ err: result.reason }, 'closing the relay')
    }
  }
}
