import type { Redis } from 'ioredis'
import { roomKey } from '../src/redis-room/room-scripts.ts'

/** What can happen to the keys of rooms in Redis while the service works with them. */
export class SimulatedRedis {
  readonly #redis: Redis
  #saved: { key: string; value: Buffer }[] = []

  constructor(redis: Redis) {
    this.#redis = redis
  }

  /** Takes all rooms away. */
  async empty(): Promise<void> {
    const keys = await this.#keys()
    if (keys.length > 0) await this.#redis.unlink(keys)
  }

  /** Notes what is there, for `restore`. */
  async save(): Promise<void> {
    const keys = await this.#keys()
    const values = await Promise.all(keys.map((key) => this.#redis.dumpBuffer(key)))
    this.#saved = keys.flatMap((key, index) => {
      const value = values[index]
      return value ? [{ key, value }] : []
    })
  }

  /** Puts all rooms back to what they were, as after a server that has lost its last writes. */
  async restore(): Promise<void> {
    await this.empty()
    await Promise.all(this.#saved.map(({ key, value }) => this.#redis.restore(key, 0, value)))
  }

  /** Has a room mirror another database, whose version is a little higher. */
  async replace(scheduleId: number): Promise<void> {
    const key = roomKey(scheduleId, 'room')
    if ((await this.#redis.exists(key)) === 0) return
    await this.#redis.hset(key, 'source', 'another')
    await this.#redis.hincrby(key, 'version', 3)
  }

  async #keys(): Promise<string[]> {
    const [rooms, owners] = await Promise.all([
      this.#redis.keys('queue:{*}:*'),
      this.#redis.keys('queue-token:*'),
    ])
    return [...rooms, ...owners]
  }
}
