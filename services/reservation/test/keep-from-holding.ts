import type { Pool } from '@frontrow/postgres/pool'

/**
 * Takes the lock that every hold of the person takes first, and returns what gives it back. A hold that waits for it gives up after the time
 * limit of a lock, 2 s, and its job is tried again.
 */
export async function keepFromHolding(
  db: Pool,
  userId: string,
  scheduleId: number,
): Promise<() => Promise<void>> {
  const client = await db.connect()
  await client.query('BEGIN')
  await client.query(`SELECT pg_advisory_xact_lock(hashtextextended($1::text || ' ' || $2, 0))`, [
    scheduleId,
    userId,
  ])
  return async () => {
    await client.query('COMMIT')
    client.release()
  }
}
