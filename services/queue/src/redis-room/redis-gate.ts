import { createBreaker } from '@frontrow/service-host/breaker'
import type { Breaker } from '@frontrow/service-host/breaker'
import type { Logger } from '@frontrow/service-host/logger'
import type { HostMetrics } from '@frontrow/service-host/metrics'
import type { Redis } from 'ioredis'

/** Thrown where Redis, or one room in it, can't be used; the rows of PostgreSQL are asked instead. */
export class RedisAwayError extends Error {
  override name = 'RedisAwayError'
}

/** What the gate works with. */
export interface RedisGateOptions {
  redis: Redis
  logger: Logger
  metrics: Pick<HostMetrics, 'breakerState'>
}

const PROBE_KEY = 'queue:probe'

/**
 * Whether Redis may be asked. It is shut by a lost connection, by the breaker (more than half of at least 4 calls in 5 s failed)
 * and by a mirror that can't be written; and opened by `tryOpen` alone, after the rooms in it were brought up to date.
 */
export class RedisGate {
  readonly #options: RedisGateOptions
  readonly #breaker: Breaker
  #isOpen = false
  #everOpen = false

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
        if (state === 'open') this.shut('too many calls failed')
      },
    })
    options.redis.on('close', () => this.shut('the connection was lost'))
    options.metrics.breakerState.set({ target: 'redis' }, 1)
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** True once it was open for the first time. */
  get everOpen(): boolean {
    return this.#everOpen
  }

  /** Runs commands that a person waits for; every failure becomes a RedisAwayError. */
  async use<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    if (!this.#isOpen) throw new RedisAwayError('Redis is away')
    try {
      return await this.#breaker.run(() => work(this.#options.redis))
    } catch (error) {
      this.#options.logger.debug({ err: error }, 'a call to Redis failed')
      throw new RedisAwayError('Redis did not answer', { cause: error })
    }
  }

  /** Opens the gate if Redis answers, takes writes and `recover` succeeds; to be called again and again. */
  async tryOpen(recover: (redis: Redis) => Promise<void>): Promise<void> {
    const { redis, logger, metrics } = this.#options
    if (this.#isOpen || redis.status !== 'ready') return
    let isLost = false
    const noteLoss = (): void => {
      isLost = true
    }
    redis.once('close', noteLoss)
    try {
      await redis.set(PROBE_KEY, 1, 'EX', 60)
      await recover(redis)
      // A new connection may be to another server, whose rooms were not looked at.
      if (isLost) return
      this.#breaker.close()
      this.#isOpen = true
      this.#everOpen = true
      metrics.breakerState.set({ target: 'redis' }, 0)
      logger.info('the waiting rooms are answered from Redis')
    } finally {
      redis.off('close', noteLoss)
    }
  }

  /** Has PostgreSQL asked until the gate is opened again. */
  shut(reason: string): void {
    if (!this.#isOpen) return
    const { logger, metrics } = this.#options
    this.#isOpen = false
    metrics.breakerState.set({ target: 'redis' }, 1)
    logger.warn({ reason }, 'the waiting rooms are answered from PostgreSQL')
  }

  /** Closes the connection. */
  close(): void {
    this.#isOpen = false
    this.#breaker.shutdown()
    this.#options.redis.disconnect()
  }
}
