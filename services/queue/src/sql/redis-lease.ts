import type { Queryable } from '@frontrow/postgres/pool'

/** A term of the lease. A room in Redis is trusted only under the term, and on the server, that it was built under. */
export interface LeaseTerm {
  /** The name of this database; even a copy of it has another one. */
  store: string
  generation: number
}

/**
 * Takes the lease for instances that let people in through the Redis server of this run id: from now on nobody is let in
 * from PostgreSQL, and rounds of admission in work are waited for. Undefined while another server has it.
 */
export async function takeLease(
  db: Queryable,
  server: string,
  holdMs: number,
): Promise<LeaseTerm | undefined> {
  const { rows } = await db.query<LeaseTerm>({
    name: 'take-lease',
    text: `UPDATE redis_lease SET
             generation = generation + CASE WHEN server IS DISTINCT FROM $1 THEN 1 ELSE 0 END,
             server = $1, taken_over_at = NULL,
             held_until = greatest(held_until, clock_timestamp() + make_interval(secs => $2 / 1000.0))
           WHERE server IS NOT DISTINCT FROM $1 OR held_until < clock_timestamp()
           RETURNING generation,
             store || '-' || (SELECT oid FROM pg_database WHERE datname = current_database()) AS store`,
    values: [server, holdMs],
  })
  return rows[0]
}

/** Keeps the lease; undefined where somebody has taken over. Says whether places were handed over for Redis. */
export async function renewLease(
  db: Queryable,
  generation: number,
  holdMs: number,
): Promise<{ handedOver: boolean } | undefined> {
  const { rows } = await db.query<{ handedOver: boolean }>({
    name: 'renew-lease',
    text: `UPDATE redis_lease
           SET held_until = greatest(held_until, clock_timestamp() + make_interval(secs => $2 / 1000.0))
           WHERE generation = $1 RETURNING EXISTS (SELECT FROM handed_over_places) AS "handedOver"`,
    values: [generation, holdMs],
  })
  return rows[0]
}

/**
 * HELD: instances let people in through Redis. TAKEN: the lease had run out, and this call has taken over. RUN_OUT: it had run out,
 * and somebody had taken over before.
 */
export type LeaseState = 'HELD' | 'TAKEN' | 'RUN_OUT'

/** Takes over where the lease has run out: from then on the rooms in Redis are not trusted any more. */
export async function takeOverLapsedLease(db: Queryable): Promise<LeaseState> {
  const { rows } = await db.query<{ lapsed: boolean; takenOver: boolean }>({
    name: 'read-lease',
    text: `SELECT held_until < clock_timestamp() AS lapsed, taken_over_at IS NOT NULL AS "takenOver" FROM redis_lease`,
  })
  const lease = rows[0]
  if (lease === undefined) throw new Error('the row of the lease is gone')
  if (!lease.lapsed) return 'HELD'
  if (lease.takenOver) return 'RUN_OUT'
  const { rowCount } = await db.query({
    name: 'take-over-lease',
    text: `UPDATE redis_lease SET generation = generation + 1, taken_over_at = clock_timestamp()
           WHERE held_until < clock_timestamp() AND taken_over_at IS NULL`,
  })
  // Where no row was changed, another instance has renewed the lease or taken it over. The next call tells which.
  return rowCount === 1 ? 'TAKEN' : 'HELD'
}

/**
 * Keeps everybody from taking the lease until the end of the transaction; returns since when people are let in from here
 * (milliseconds since the epoch), undefined where the lease is held.
 */
export async function lockLapsedLease(tx: Queryable): Promise<number | undefined> {
  const { rows } = await tx.query<{ takenOverAtMs: number }>({
    name: 'lock-lapsed-lease',
    text: `SELECT floor(extract(epoch FROM taken_over_at) * 1000)::bigint AS "takenOverAtMs" FROM redis_lease
           WHERE held_until < clock_timestamp() AND taken_over_at IS NOT NULL FOR SHARE`,
  })
  return rows[0]?.takenOverAtMs
}
