import { createClient } from '@frontrow/postgres/pool'

/** Counts the jobs of a table that have not ended. */
export async function countOpenJobs(
  adminDatabaseUrl: string,
  table: 'reservation.jobs' | 'bare.jobs',
): Promise<number> {
  const client = createClient(adminDatabaseUrl, 'bench')
  await client.connect()
  try {
    const { rows } = await client.query<{ open: number }>(
      `SELECT count(*)::int AS open FROM ${table} WHERE completed_at IS NULL`,
    )
    return rows[0]?.open ?? 0
  } finally {
    await client.end()
  }
}
