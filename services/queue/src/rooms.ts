import { isDatabaseOutage } from '@frontrow/postgres/errors'
import { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import { LRUCache } from 'lru-cache'
import { isEnded, isLive } from './places/queue-tokens.ts'
import type { TokenRow } from './places/queue-tokens.ts'
import { toDigest } from './places/token-value.ts'
import type { TokenHash } from './places/token-value.ts'
import type { PostgresRoom } from './postgres-room/postgres-room.ts'
import type { Mirror } from './redis-room/mirror.ts'
import { RedisAwayError } from './redis-room/redis-gate.ts'
import type { RedisRoom } from './redis-room/redis-room.ts'
import type { LocatedPlace, RoomSummary, TokenOwner } from './room.ts'

const SUMMARY_MS = 1_000
const ROOMS_MAX = 5_000
const DEAD_MAX = 40_000

/** What the rooms are read through. */
export interface RoomsOptions {
  redis: RedisRoom
  postgres: PostgresRoom
  mirror: Pick<Mirror, 'reaches'>
}

/**
 * The rooms, whoever answers for them. Which reader answers is decided here and nowhere else: the mirror in Redis where it can,
 * PostgreSQL while Redis is away or a room is being built there, and where the mirror's lag could make an answer wrong: the mirror
 * may not have heard of a token yet, so that only PostgreSQL refuses one.
 */
export class Rooms {
  readonly #options: RoomsOptions
  // Token values that were ended or never given. That is final, so that asking again needs neither store.
  readonly #dead = new LRUCache<string, true>({ maxSize: DEAD_MAX, sizeCalculation: () => 1 })
  readonly #summaries = new CoalescedCache({
    load: (scheduleId: number) => this.summaryNow(scheduleId),
    freshMs: SUMMARY_MS,
    max: ROOMS_MAX,
  })

  constructor(options: RoomsOptions) {
    this.#options = options
  }

  /** The live place of a token value; undefined where it is over or was never given. Fails while nobody can say. */
  async find(hash: TokenHash): Promise<LocatedPlace | undefined> {
    if (this.#dead.get(hash.digest) === true) return undefined
    return (await this.#findInMirror(hash)) ?? this.#findInRows(hash)
  }

  /** The row of a token value, live or not; undefined where it was never given. */
  rowOf(hash: TokenHash): Promise<TokenRow | undefined> {
    return this.#options.postgres.findRow(hash)
  }

  /** The row of a token value as it is now; undefined where it is not live, or while PostgreSQL is away. */
  async findRow(hash: TokenHash): Promise<TokenRow | undefined> {
    try {
      const row = await this.#options.postgres.findRow(hash)
      return row !== undefined && isLive(row, Date.now()) ? row : undefined
    } catch (error) {
      if (isDatabaseOutage(error)) return undefined
      throw error
    }
  }

  /** The place of a row that is live. */
  async locate(row: TokenRow): Promise<LocatedPlace> {
    const { postgres, mirror } = this.#options
    // The mirror is about to hear of this place, if it has not. It knows positions at a fraction of the cost.
    const isMirrored = await mirror.reaches(row.scheduleId, row.version)
    const hash = { full: row.tokenHash, digest: toDigest(row.tokenHash) }
    return (isMirrored ? await this.#findInMirror(hash) : undefined) ?? postgres.locate(row)
  }

  /** Whose place a token value is or was; undefined where it was never given. */
  async ownerOf(hash: TokenHash): Promise<TokenOwner | undefined> {
    const { redis, postgres } = this.#options
    return (await orAway(redis.ownerOf(hash))) ?? postgres.ownerOf(hash)
  }

  /** Notes that a token value is over, as this process knows before the mirror does. */
  markDead(tokenHash: Buffer): void {
    this.#dead.set(toDigest(tokenHash), true)
  }

  /** The room as it was at most a second ago. */
  summary(scheduleId: number): Promise<RoomSummary> {
    return this.#summaries.get(scheduleId)
  }

  /** Has the next summary read anew, because the room was changed. */
  forgetSummary(scheduleId: number): void {
    this.#summaries.forget(scheduleId)
    this.#options.postgres.forgetSummary(scheduleId)
  }

  /** The room as it is: as the mirror has it, or at most a second old from PostgreSQL. */
  async summaryNow(scheduleId: number): Promise<RoomSummary> {
    const { redis, postgres } = this.#options
    return (await orAway(redis.summary(scheduleId))) ?? postgres.summary(scheduleId)
  }

  async #findInMirror(hash: TokenHash): Promise<LocatedPlace | undefined> {
    return orAway(this.#options.redis.find(hash))
  }

  async #findInRows(hash: TokenHash): Promise<LocatedPlace | undefined> {
    const row = await this.#options.postgres.findRow(hash)
    if (row !== undefined && isLive(row, Date.now())) return this.locate(row)
    // A place that is over by its deadline alone may still be extended, or noted as seen in time, by PostgreSQL's clock.
    if (row === undefined || isEnded(row)) this.markDead(hash.full)
    return undefined
  }
}

/** Undefined where Redis can't say. */
async function orAway<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof RedisAwayError) return undefined
    throw error
  }
}
