import type { Logger } from '@frontrow/service-host/logger'
import type { HostMetrics } from '@frontrow/service-host/metrics'
import type { Redis } from 'ioredis'
import CircuitBreaker from 'opossum'

/** Redis can't be asked now: the room is served from PostgreSQL. */
export class RedisAwayError extends Error {
  override name = 'RedisAwayError'
}

const RUN_ID = /^run_id:(\w+)/m
const PROBE_KEY = 'queue:probe'

/**
 * Whether Redis may be used, and under which epoch. It is shut by a lost connection or by the breaker (half of at least
 * 10 calls in 5 s failed), and opened by `tryOpen` alone, after `recover` has brought the rooms up to date. The epoch is
 * the server's run id: it changes with each start of the server, after which the last second of writes may be missing.
 */
export class RedisGate {
  readonly #redis: Redis
  readonly #logger: Logger
  readonly #metrics: Pick<HostMetrics, 'breakerState'>
  readonly #breaker: CircuitBreaker<[() => Promise<void>], void>
  #epoch: string | undefined
  #everOpen = false
  #opening: Promise<void> | undefined

  constructor(redis: Redis, logger: Logger, metrics: Pick<HostMetrics, 'breakerState'>) {
    this.#redis = redis
    this.#logger = logger
    this.#metrics = metrics
    // Its deadline is the connection's commandTimeout.
    this.#breaker = new CircuitBreaker((run: () => Promise<void>) => run(), {
      name: 'redis',
      timeout: false,
      volumeThreshold: 10,
      errorThresholdPercentage: 50,
      rollingCountTimeout: 5_000,
      resetTimeout: 60_000,
      // Statistics that nobody reads, once a second.
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
    })
    this.#breaker.on('open', () => this.#shut('too many calls failed'))
    redis.on('close', () => this.#shut('the connection was lost'))
    metrics.breakerState.set({ target: 'redis' }, 1)
  }

  get isOpen(): boolean {
    return this.#epoch !== undefined
  }

  /** True once it was open for the first time. */
  get everOpen(): boolean {
    return this.#everOpen
  }

  /** Runs commands; every failure becomes a RedisAwayError. */
  async use<T>(work: (redis: Redis, epoch: string) => Promise<T>): Promise<T> {
    const epoch = this.#epoch
    if (epoch === undefined) throw new RedisAwayError('Redis is away')
    let result: { value: T } | undefined
    try {
      await this.#breaker.fire(async () => {
        result = { value: await work(this.#redis, epoch) }
      })
    } catch (error) {
      this.#logger.debug({ err: error }, 'a call to Redis failed')
      throw new RedisAwayError('Redis did not answer', { cause: error })
    }
    if (result === undefined) throw new RedisAwayError('the breaker did not run the call')
    return result.value
  }

  /** For work of many steps, whose failures say nothing about a single call. */
  connection(): { redis: Redis; epoch: string } {
    if (this.#epoch === undefined) throw new RedisAwayError('Redis is away')
    return { redis: this.#redis, epoch: this.#epoch }
  }

  /** Opens the gate if Redis answers and takes writes; to be called again and again. */
  async tryOpen(recover: (redis: Redis, epoch: string) => Promise<void>): Promise<void> {
    if (this.isOpen || this.#redis.status !== 'ready') return
    this.#opening ??= this.#open(recover).finally(() => {
      this.#opening = undefined
    })
    await this.#opening
  }

  /** Closes the connection. */
  close(): void {
    this.#epoch = undefined
    this.#breaker.shutdown()
    this.#redis.disconnect()
  }

  async #open(recover: (redis: Redis, epoch: string) => Promise<void>): Promise<void> {
    const epoch = RUN_ID.exec(await this.#redis.info('server'))?.[1]
    if (epoch === undefined) throw new Error('INFO of Redis has no run_id')
    await this.#redis.set(PROBE_KEY, epoch, 'EX', 60)
    await recover(this.#redis, epoch)
    if (this.#redis.status !== 'ready') return
    this.#breaker.close()
    this.#epoch = epoch
    this.#everOpen = true
    this.#metrics.breakerState.set({ target: 'redis' }, 0)
    this.#logger.info('the waiting rooms are served from Redis')
  }

  #shut(reason: string): void {
    if (this.#epoch === undefined) return
    this.#epoch = undefined
    this.#metrics.breakerState.set({ target: 'redis' }, 1)
    this.#logger.warn({ reason }, 'the waiting rooms are served from PostgreSQL')
  }
}
