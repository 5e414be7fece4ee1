import type { Pool } from '@frontrow/postgres/pool'
import { Batcher } from '@frontrow/service-host/batcher'
import { insertTokens } from './sql/queue-tokens.ts'
import type { RoomLimits } from './sql/rooms.ts'

/** Somebody who wants a place. */
export interface Join {
  /** When the on-sale opens, as this join knows it; milliseconds since the epoch. */
  opensAtMs: number
  userId: string
  tokenHash: Buffer
}

/** The place that a join got; it is stored in PostgreSQL. */
export interface GivenPlace {
  sequence: number
  /** True where the on-sale is open and nobody joined before it, so that there is nothing to draw. */
  nobodyEarly: boolean
}

/** Joins by schedule. A join is answered after the commit: with its place, or null where the user has a live one already. */
export type JoinBatches = Batcher<number, Join, GivenPlace | null>

const BATCH_MAX = 500
const PENDING_MAX = 10_000
const LINGER_MS = 3

/**
 * Joins of one room that come while an INSERT is in work, or within 3 ms, share the next one. One INSERT a room is in work at a
 * time, because each locks the room's row.
 */
export function createJoinBatches(pool: Pool, defaults: RoomLimits): JoinBatches {
  return new Batcher<number, Join, GivenPlace | null>({
    batchMax: BATCH_MAX,
    lingerMs: LINGER_MS,
    atOnceMax: 1,
    pendingMax: PENDING_MAX,
    send: async (scheduleId, joins) => {
      const rows = await insertTokens(
        pool,
        scheduleId,
        {
          userIds: joins.map(({ userId }) => userId),
          tokenHashes: joins.map(({ tokenHash }) => tokenHash),
        },
        // The newest join read the schedule last, so it knows the opening best.
        { opensAtMs: joins.at(-1)?.opensAtMs ?? 0, ...defaults },
      )
      const places = new Map(rows.map((row) => [row.tokenHash.toString('base64'), row]))
      return joins.map(({ tokenHash }) => places.get(tokenHash.toString('base64')) ?? null)
    },
  })
}
