import { Batcher } from '@frontrow/service-host/batcher'
import type { Pool } from '@frontrow/postgres/pool'
import { findUserTokens } from './queue-tokens.ts'
import type { TokenRow } from './queue-tokens.ts'

/** Looks by schedule for the places of users that have not been ended. */
export type PlaceLooks = Batcher<number, string, TokenRow | undefined>

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
      const places = new Map(rows.map((row) => [row.userId, row]))
      return userIds.map((userId) => places.get(userId))
    },
  })
}
