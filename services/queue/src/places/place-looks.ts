import { Batcher } from '@frontrow/service-host/batcher'
import type { Pool } from '@frontrow/postgres/pool'
import { findUserTokens, isLive } from './queue-tokens.ts'

/** Looks by schedule whether users have a live place. */
export type PlaceLooks = Batcher<number, string, boolean>

const SHARED_MAX = 500
const PENDING_MAX = 10_000

/** Joins that are refused come in crowds, of bots too, so those of one moment share a statement. */
export function createPlaceLooks(pool: Pool): PlaceLooks {
  return new Batcher({
    batchMax: SHARED_MAX,
    atOnceMax: 1,
    pendingMax: PENDING_MAX,
    waitMaxMs: 3_000,
    send: async (scheduleId, userIds) => {
      const rows = await findUserTokens(pool, scheduleId, userIds)
      const nowMs = Date.now()
      const live = new Set(rows.filter((row) => isLive(row, nowMs)).map(({ userId }) => userId))
      return userIds.map((userId) => live.has(userId))
    },
  })
}
