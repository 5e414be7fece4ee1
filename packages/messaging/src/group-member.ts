import { FailureLog } from '@frontrow/failure-log/failure-log'
import type { ConsumerConfig, ConsumerRunConfig } from 'kafkajs'
import type { Logger } from 'pino'
import type { Consumer, Kafka, Producer } from './kafka.ts'
import { createConsumer } from './kafka.ts'
import { pause } from './pause.ts'

/** What one member of a consumer group reads, and with what. */
export interface GroupMemberSettings {
  kafka: Kafka
  groupId: string
  /** Their full names. */
  topics: readonly string[]
  options?: Partial<ConsumerConfig>
  run: ConsumerRunConfig
  /** Connected before the first message comes, and disconnected with the member. */
  producer?: Producer
  logger: Logger
  /** Called at each join. What was in hand before comes again, and its partitions may be another member's by now. */
  onJoin?: () => void
  /** Called when the member has ended for good by itself. */
  onCrash: (error: Error) => void
}

const STOP_WAITS_FOR_START_MS = 5_000

/** A member of a consumer group that tries to start for as long as the broker is away, and can be stopped at any time. */
export class GroupMember {
  readonly #settings: GroupMemberSettings
  readonly #consumer: Consumer
  readonly #stopping = new AbortController()
  readonly #failures: FailureLog
  #joined = false
  // kafkajs loses hold of a runner that is stopped while it joins: that one goes on for ever. So a stop waits for the end of this.
  #starting: PromiseWithResolvers<void> | undefined

  constructor(settings: GroupMemberSettings) {
    this.#settings = settings
    this.#failures = new FailureLog(settings.logger, 'the broker is not there yet; trying again')
    this.#consumer = createConsumer(settings.kafka, settings.groupId, {
      ...settings.options,
      retry: { retries: 5, restartOnFailure: async () => !this.#stopping.signal.aborted },
    })
    this.#listen()
  }

  /** True between joining the group and losing it. */
  get joined(): boolean {
    return this.#joined
  }

  /** kafkajs' consumer, for its events. */
  get consumer(): Pick<Consumer, 'on' | 'events'> {
    return this.#consumer
  }

  /** Returns when it reads, or has been stopped. */
  async start(): Promise<void> {
    if (this.#stopping.signal.aborted) return
    const starting = Promise.withResolvers<void>()
    this.#starting = starting
    for (let attempt = 1; !this.#stopping.signal.aborted; attempt += 1) {
      try {
        await this.#connect()
        if (this.#stopping.signal.aborted) break
        await this.#consumer.run(this.#settings.run)
        // It has joined, or kafkajs tries again by itself, which ends in one of the events below.
        return
      } catch (error) {
        this.#failures.failed(error)
        await pause(Math.min(5_000, 250 * 2 ** attempt), this.#stopping.signal)
      }
    }
    this.#starting = undefined
    starting.resolve()
  }

  /** Waits for the messages in hand and leaves the group. A start that hangs is waited for 5 s and ends by itself. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    const ended = this.#starting?.promise.then(() => this.#disconnect()) ?? this.#disconnect()
    if (this.#starting === undefined) return await ended
    const waiting = new AbortController()
    const hasEnded = ended.then(() => true)
    const isTooLate = pause(STOP_WAITS_FOR_START_MS, waiting.signal).then(() => false)
    try {
      if (await Promise.race([hasEnded, isTooLate])) return
    } finally {
      waiting.abort()
    }
    this.#settings.logger.warn({ groupId: this.#settings.groupId }, 'stopped while the broker is awaited')
    hasEnded.catch((error: unknown) => this.#settings.logger.warn({ err: error }, 'not disconnected'))
  }

  async #connect(): Promise<void> {
    const { topics, producer } = this.#settings
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topics: [...topics], fromBeginning: true })
    await producer?.connect()
  }

  async #disconnect(): Promise<void> {
    await this.#consumer.disconnect()
    await this.#settings.producer?.disconnect()
  }

  #listen(): void {
    const { events } = this.#consumer
    this.#consumer.on(events.GROUP_JOIN, () => {
      this.#joined = true
      this.#settings.onJoin?.()
      // kafkajs' runner counts as running, and can be stopped, a little after this event.
      setImmediate(() => this.#started())
    })
    this.#consumer.on(events.DISCONNECT, () => {
      this.#joined = false
    })
    this.#consumer.on(events.CRASH, ({ payload }) => {
      this.#joined = false
      if (payload.restart) {
        this.#starting ??= Promise.withResolvers()
        this.#settings.logger.warn({ err: payload.error }, 'the consumer starts again')
        return
      }
      this.#started()
      // kafkajs restarts by itself after retriable errors only. After any other the consumer would be dead unnoticed.
      if (!this.#stopping.signal.aborted) this.#settings.onCrash(payload.error)
    })
  }

  #started(): void {
    const starting = this.#starting
    this.#starting = undefined
    starting?.resolve()
  }
}
