import type { Pool } from '@frontrow/postgres/pool'
import { Batcher } from '@frontrow/service-host/batcher'
import { LRUCache } from 'lru-cache'
import { RedisAwayError } from './redis-gate.ts'
import type { RedisGate } from './redis-gate.ts'
import { tokenKey } from './room-scripts.ts'
import { findToken } from './sql/queue-tokens.ts'
import type { TokenHash } from './token-value.ts'

/** Whose place a token value is or was. It never changes. */
export interface TokenOwner {
  scheduleId: number
  userId: string
}

// Enough for two full rooms of 100,000. Where more people than this poll in turn, each is forgotten before it comes again.
const KNOWN_MAX = 200_000
const DEAD_MAX = 40_000
const REDIS_KEEP_SECONDS = 43_200
const SHARED_MAX = 200

/**
 * Finds the room and the user of a token value: in this process, in Redis, in PostgreSQL. It does not know whether the value is
 * still the place's token; the room decides that.
 */
export class TokenDirectory {
  readonly #gate: RedisGate
  readonly #pool: Pool
  readonly #known = new LRUCache<string, TokenOwner & { seenAtMs: number }>(ofAtMost(KNOWN_MAX))
  // Values that were found to be over. That is final, so further polls of them need neither Redis nor PostgreSQL.
  readonly #dead = new LRUCache<string, true>(ofAtMost(DEAD_MAX))
  readonly #reads = new Batcher<'all', string, string | null>({
    batchMax: SHARED_MAX,
    send: (_all, digests) => this.#gate.use((redis) => redis.mget(digests.map(tokenKey))),
  })
  readonly #writes = new Batcher<'all', { digest: string; value: string }, void>({
    batchMax: SHARED_MAX,
    send: async (_all, owners) => {
      const keys = owners.map(({ digest }) => tokenKey(digest))
      const values = owners.map(({ value }) => value)
      await this.#gate.use((redis) =>
        redis.keepTokenOwners(keys.length, ...keys, REDIS_KEEP_SECONDS, ...values),
      )
      return owners.map(() => undefined)
    },
  })

  constructor(gate: RedisGate, pool: Pool) {
    this.#gate = gate
    this.#pool = pool
  }

  async find(hash: TokenHash): Promise<TokenOwner | undefined> {
    const known = this.#known.get(hash.digest)
    if (known !== undefined) return known
    const found = (await this.#findInRedis(hash.digest)) ?? (await this.#findInPostgres(hash))
    if (found !== undefined) this.#known.set(hash.digest, { ...found, seenAtMs: 0 })
    return found
  }

  /** Tells all instances of a new value. */
  async add(digest: string, owner: TokenOwner): Promise<void> {
    this.#known.set(digest, { ...owner, seenAtMs: 0 })
    const value = `${owner.scheduleId}:${owner.userId}`
    try {
      await this.#writes.add('all', { digest, value })
    } catch (error) {
      // The other instances find the owner in PostgreSQL.
      if (!(error instanceof RedisAwayError)) throw error
    }
  }

  isDead(digest: string): boolean {
    return this.#dead.get(digest) === true
  }

  markDead(digest: string): void {
    this.#dead.set(digest, true)
    this.#known.delete(digest)
  }

  /** Whether it is time to note in the room that the holder was seen; says yes at most once in `everyMs`. */
  shouldNoteSeen(digest: string, nowMs: number, everyMs: number): boolean {
    const known = this.#known.get(digest)
    if (known === undefined) return true
    if (nowMs - known.seenAtMs < everyMs) return false
    known.seenAtMs = nowMs
    return true
  }

  async #findInRedis(digest: string): Promise<TokenOwner | undefined> {
    try {
      const value = await this.#reads.add('all', digest)
      if (value === null) return undefined
      const colon = value.indexOf(':')
      return { scheduleId: Number(value.slice(0, colon)), userId: value.slice(colon + 1) }
    } catch (error) {
      if (error instanceof RedisAwayError) return undefined
      throw error
    }
  }

  async #findInPostgres(hash: TokenHash): Promise<TokenOwner | undefined> {
    const row = await findToken(this.#pool, hash.full)
    return row === undefined ? undefined : { scheduleId: row.scheduleId, userId: row.userId }
  }
}

/** A limit of entries as a size, because with `max` lru-cache takes the memory for all of them at once: 4 MB for 200,000. */
function ofAtMost(entries: number): { maxSize: number; sizeCalculation: () => number } {
  return { maxSize: entries, sizeCalculation: () => 1 }
}
