import { setTimeout as delay } from 'node:timers/promises'
import { createBreaker } from '@frontrow/service-host/breaker'
import type { Breaker } from '@frontrow/service-host/breaker'
import type { Logger } from '@frontrow/service-host/logger'
import type { HostMetrics } from '@frontrow/service-host/metrics'
import type { Redis } from 'ioredis'
import type { RedisLease } from './redis-lease.ts'

/** Thrown while Redis can't be used; the rooms are then served from PostgreSQL. */
export class RedisAwayError extends Error {
  override name = 'RedisAwayError'
}

/** Thrown while one room is being built in Redis; that room is served from PostgreSQL meanwhile. */
export class RoomBuildingError extends RedisAwayError {
  override name = 'RoomBuildingError'
}

/** What the gate works with. */
export interface RedisGateOptions {
  redis: Redis
  lease: RedisLease
  logger: Logger
  metrics: Pick<HostMetrics, 'breakerState'>
}

/** Brings the rooms in Redis up to date before Redis is used. */
export type Recover = (redis: Redis, epoch: string) => Promise<void>

const RUN_ID = /^run_id:(\w+)/m
const PROBE_KEY = 'queue:probe'
// This key exists in a Redis that holds the rooms, and is missing in one that was emptied.
const EPOCH_KEY = 'queue:epoch'
const UNANSWERED_CHECKS_MAX = 2
// A process that has just started does not count Redis as lost before this time, since it is still connecting.
const START_GRACE_MS = 3_000
const ROWS_SETTLED_MS = 500
// Each opening of the gate stops admission from PostgreSQL. So openings are delayed while Redis fails again within SHORT_OPENING_MS
// of each.
const SHORT_OPENING_MS = 5_000
const OPENING_DELAY_MS = 3_000
const OPENING_DELAY_MAX_MS = 30_000

/**
 * Whether Redis may be used, and under which epoch. It is shut by a lost connection, by the breaker (more than half of at
 * least 4 calls in 5 s failed), by two looks in a row without an answer, and when another instance has let people in from
 * PostgreSQL; and opened by `tryOpen` alone, after `recover` has brought the rooms up to date. The epoch names the server's
 * start (after which the last second of writes may be missing) and the term of the lease: see redis-lease.ts.
 */
export class RedisGate {
  readonly #options: RedisGateOptions
  readonly #breaker: Breaker
  readonly #startedAt = performance.now()
  #epoch: string | undefined
  #everOpen = false
  #opening: Promise<void> | undefined
  #unansweredChecks = 0
  #openedAt = 0
  #shutAt: number | undefined
  #shortOpenings = 0
  #openNotBefore = 0

  constructor(options: RedisGateOptions) {
    this.#options = options
    // The deadline of a call is the connection's commandTimeout.
    this.#breaker = createBreaker({
      name: 'redis',
      // One call carries up to a hundred people's requests, so a few calls say enough.
      volumeThreshold: 4,
      rollingCountMs: 5_000,
      // The breaker is closed by the opening of the gate. Nothing is called through it before, so this time does not matter.
      resetMs: 60_000,
      onState: (state) => {
        if (state === 'open') this.#shutFailing('too many calls failed')
      },
    })
    options.redis.on('close', () => this.#shut('the connection was lost'))
    options.metrics.breakerState.set({ target: 'redis' }, 1)
  }

  get isOpen(): boolean {
    return this.#epoch !== undefined
  }

  /** True once it was open for the first time. */
  get everOpen(): boolean {
    return this.#everOpen
  }

  /** Whether Redis was lost, or was not found within 3 s of the start. */
  get isAway(): boolean {
    if (this.isOpen) return false
    return this.#everOpen || performance.now() - this.#startedAt > START_GRACE_MS
  }

  /** Up to when people may be let in through Redis, by its clock; 0 where they may not. */
  get admitUntilMs(): number {
    return this.isOpen ? this.#options.lease.admitUntilMs : 0
  }

  /** Whether instances that have lost Redis have left changes for this one to write there. */
  get hasHandedOver(): boolean {
    return this.isOpen && this.#options.lease.handedOver
  }

  /** Waits, right after Redis was lost, until all instances have noted in PostgreSQL what it had decided. */
  async waitForRows(): Promise<void> {
    if (this.#shutAt === undefined || this.isOpen) return
    const left = this.#shutAt + ROWS_SETTLED_MS - performance.now()
    if (left > 0) await delay(left)
    else this.#shutAt = undefined
  }

  /** Runs commands; every failure becomes a RedisAwayError. */
  async use<T>(work: (redis: Redis, epoch: string) => Promise<T>): Promise<T> {
    const epoch = this.#epoch
    if (epoch === undefined) throw new RedisAwayError('Redis is away')
    try {
      return await this.#breaker.run(() => work(this.#options.redis, epoch))
    } catch (error) {
      this.#options.logger.debug({ err: error }, 'a call to Redis failed')
      throw new RedisAwayError('Redis did not answer', { cause: error })
    }
  }

  /** For work of many steps. It bypasses the breaker, because the failure of long work says nothing about single calls. */
  connection(): { redis: Redis; epoch: string } {
    if (this.#epoch === undefined) throw new RedisAwayError('Redis is away')
    return { redis: this.#options.redis, epoch: this.#epoch }
  }

  /** Opens the gate if Redis answers and takes writes; to be called again and again. */
  async tryOpen(recover: Recover): Promise<void> {
    if (this.isOpen || this.#options.redis.status !== 'ready' || performance.now() < this.#openNotBefore)
      return
    this.#opening ??= this.#open(recover).finally(() => {
      this.#opening = undefined
    })
    await this.#opening
  }

  /** Keeps the lease while Redis answers; to be called every second, also while the gate is being opened. */
  async keepLease(): Promise<void> {
    const { redis, lease, logger } = this.#options
    if (!lease.isHeld) return
    let nowMs: number
    let marker: string | null
    try {
      ;[nowMs, marker] = await Promise.all([clockOf(redis), redis.get(EPOCH_KEY)])
      this.#unansweredChecks = 0
    } catch (error) {
      this.#unansweredChecks += 1
      logger.debug({ err: error }, 'Redis was asked for the time and did not answer')
      if (this.#unansweredChecks >= UNANSWERED_CHECKS_MAX) this.#shutFailing('it does not answer')
      return
    }
    if (this.isOpen && marker === null) {
      // The list of busy rooms is lost too, so without a recovery the rooms that nobody asks for would stand still.
      this.#shut('it was emptied')
      return
    }
    if (!(await lease.renew(nowMs))) this.#shut('the rooms were taken over by PostgreSQL')
  }

  /** Closes the connection. */
  close(): void {
    this.#epoch = undefined
    this.#options.lease.drop()
    this.#breaker.shutdown()
    this.#options.redis.disconnect()
  }

  async #open(recover: Recover): Promise<void> {
    const { redis, lease, logger, metrics } = this.#options
    const server = RUN_ID.exec(await redis.info('server'))?.[1]
    if (server === undefined) throw new Error('INFO of Redis has no run_id')
    await redis.set(PROBE_KEY, server, 'EX', 60)
    const term = await lease.take(server)
    if (term === undefined) {
      logger.debug('another Redis server has the waiting rooms')
      return
    }
    const epoch = `${server}:${term}`
    try {
      await recover(redis, epoch)
      await redis.set(EPOCH_KEY, epoch)
      // This fails also where the connection was lost meanwhile, since that drops the lease. A new connection may be to a server
      // that was restarted.
      if (!(await lease.renew(await clockOf(redis))))
        throw new Error('the lease was lost while the rooms were brought up to date')
    } catch (error) {
      lease.drop()
      this.#delayOpening()
      throw new Error('Redis answers, but the rooms could not be brought up to date in it', { cause: error })
    }
    this.#breaker.close()
    this.#epoch = epoch
    this.#everOpen = true
    this.#openedAt = performance.now()
    this.#unansweredChecks = 0
    metrics.breakerState.set({ target: 'redis' }, 0)
    logger.info('the waiting rooms are served from Redis')
  }

  #shut(reason: string): void {
    const { lease, logger, metrics } = this.#options
    lease.drop()
    if (this.#epoch === undefined) return
    this.#epoch = undefined
    this.#shutAt = performance.now()
    metrics.breakerState.set({ target: 'redis' }, 1)
    logger.warn({ reason }, 'the waiting rooms are served from PostgreSQL')
  }

  /** Shuts the gate because Redis fails although it is connected; delays the next opening where the last one was short. */
  #shutFailing(reason: string): void {
    if (this.isOpen && performance.now() - this.#openedAt < SHORT_OPENING_MS) this.#delayOpening()
    else if (this.isOpen) this.#shortOpenings = 0
    this.#shut(reason)
  }

  /**
   * Notes that an opening failed or was short, and delays the next one: not at all after the first time, by 6 s after the
   * second, and by twice as long each further time, up to 30 s.
   */
  #delayOpening(): void {
    const pause = this.#shortOpenings === 0 ? 0 : OPENING_DELAY_MS * 2 ** Math.min(this.#shortOpenings, 5)
    this.#shortOpenings += 1
    this.#openNotBefore = performance.now() + Math.min(OPENING_DELAY_MAX_MS, pause)
  }
}

/** Redis' clock; milliseconds since the epoch. */
export async function clockOf(redis: Redis): Promise<number> {
  const [seconds, microseconds] = await redis.time()
  return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000)
}
