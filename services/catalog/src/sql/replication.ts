import type { Queryable } from '@frontrow/postgres/pool'

/**
 * How far the primary's log is written, in bytes, and the primary's clock. Any role may ask. Every commit that was acknowledged is in it,
 * but for those of sessions with synchronous_commit = off in the last 0.6 s, as the relay of the outbox is. (The place where the next
 * record is inserted would have them too, but lies ahead of what an idle primary sends.)
 */
export async function readPrimaryPosition(db: Queryable): Promise<{ position: number; clockMs: number }> {
  const { rows } = await db.query<{ position: number; clock: Date }>(
    `SELECT (pg_current_wal_lsn() - '0/0')::bigint AS position, clock_timestamp() AS clock`,
  )
  const row = rows[0]
  if (row === undefined) throw new Error('the primary told no position')
  return { position: row.position, clockMs: row.clock.getTime() }
}

/** Where a replica is. */
export interface ReplicaPosition {
  position: number
  /** When its last replayed commit was made; null where it has replayed none since its start. */
  committedAtMs: number | null
}

/** How far the replica has replayed the primary's log; undefined for a server that is no replica, or no more. Any role may ask. */
export async function readReplicaPosition(db: Queryable): Promise<ReplicaPosition | undefined> {
  const { rows } = await db.query<{ recovers: boolean; position: number | null; committed_at: Date | null }>(
    `SELECT pg_is_in_recovery() AS recovers, (pg_last_wal_replay_lsn() - '0/0')::bigint AS position,
            pg_last_xact_replay_timestamp() AS committed_at`,
  )
  const row = rows[0]
  if (row === undefined || !row.recovers || row.position === null) return undefined
  return { position: row.position, committedAtMs: row.committed_at?.getTime() ?? null }
}
