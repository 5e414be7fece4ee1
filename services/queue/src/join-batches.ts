import type { Pool } from '@frontrow/postgres/pool'
import { refuse } from '@frontrow/proto/refusals'
import { insertTokens } from './sql/queue-tokens.ts'

interface Join {
  opensAtMs: number
  userId: string
  tokenHash: Buffer
  settle: (place: GivenPlace | null) => void
  fail: (error: unknown) => void
}

/** A place that PostgreSQL has. */
export interface GivenPlace {
  sequence: number
  /** The on-sale is open and nobody came before it: there is nothing to draw. */
  nobodyEarly: boolean
}

const BATCH_MAX = 500
const PENDING_MAX = 10_000

/**
 * Joins of one room that come while an INSERT is in work, or within `lingerMs`, share the next one; a join is settled
 * after the commit. One INSERT a room at a time: the row of the room lets no second one through anyway.
 */
export class JoinBatches {
  readonly #options: {
    pool: Pool
    lingerMs: number
    defaults: { maxActive: number | null; admitPerSecond: number }
  }
  readonly #waiting = new Map<number, Join[]>()
  #pending = 0

  constructor(options: {
    pool: Pool
    lingerMs: number
    defaults: { maxActive: number | null; admitPerSecond: number }
  }) {
    this.#options = options
  }

  /** The new place; null where the user has a live place already. */
  add(
    room: { scheduleId: number; opensAtMs: number },
    userId: string,
    tokenHash: Buffer,
  ): Promise<GivenPlace | null> {
    if (this.#pending >= PENDING_MAX) {
      throw refuse('UNAVAILABLE', 'too many people join at once', { retryAfterSeconds: 2 })
    }
    this.#pending += 1
    return new Promise((settle, fail) => {
      const join = { opensAtMs: room.opensAtMs, userId, tokenHash, settle, fail }
      const waiting = this.#waiting.get(room.scheduleId)
      if (waiting !== undefined) {
        waiting.push(join)
        return
      }
      const first = [join]
      this.#waiting.set(room.scheduleId, first)
      setTimeout(() => void this.#work(room.scheduleId, first), this.#options.lingerMs)
    })
  }

  async #work(scheduleId: number, waiting: Join[]): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, BATCH_MAX)
      await this.#insert(scheduleId, batch)
      this.#pending -= batch.length
    }
    this.#waiting.delete(scheduleId)
  }

  async #insert(scheduleId: number, batch: readonly Join[]): Promise<void> {
    const { pool, defaults } = this.#options
    // As the newest of them knows it.
    const opensAtMs = batch.at(-1)?.opensAtMs ?? 0
    try {
      const joins = {
        userIds: batch.map((join) => join.userId),
        tokenHashes: batch.map((join) => join.tokenHash),
      }
      const rows = await insertTokens(pool, scheduleId, joins, { opensAtMs, ...defaults })
      const places = new Map(rows.map((row) => [row.tokenHash.toString('base64'), row]))
      for (const join of batch) join.settle(places.get(join.tokenHash.toString('base64')) ?? null)
    } catch (error) {
      for (const join of batch) join.fail(error)
    }
  }
}
