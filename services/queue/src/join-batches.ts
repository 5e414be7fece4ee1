import type { Pool } from '@frontrow/postgres/pool'
import { refuse } from '@frontrow/proto/refusals'
import { insertTokens } from './sql/queue-tokens.ts'

interface Join {
  userId: string
  tokenHash: Buffer
  settle: (sequence: number | null) => void
  fail: (error: unknown) => void
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

  /** The new place's sequence; null where the user has a live place already. */
  add(scheduleId: number, userId: string, tokenHash: Buffer): Promise<number | null> {
    if (this.#pending >= PENDING_MAX) {
      throw refuse('UNAVAILABLE', 'too many people join at once', { retryAfterSeconds: 2 })
    }
    this.#pending += 1
    return new Promise((settle, fail) => {
      const join = { userId, tokenHash, settle, fail }
      const waiting = this.#waiting.get(scheduleId)
      if (waiting !== undefined) {
        waiting.push(join)
        return
      }
      const first = [join]
      this.#waiting.set(scheduleId, first)
      setTimeout(() => void this.#work(scheduleId, first), this.#options.lingerMs)
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
    try {
      const joins = {
        userIds: batch.map((join) => join.userId),
        tokenHashes: batch.map((join) => join.tokenHash),
      }
      const rows = await insertTokens(pool, scheduleId, joins, defaults)
      const sequences = new Map(rows.map((row) => [row.tokenHash.toString('base64'), row.sequence]))
      for (const join of batch) join.settle(sequences.get(join.tokenHash.toString('base64')) ?? null)
    } catch (error) {
      for (const join of batch) join.fail(error)
    }
  }
}
