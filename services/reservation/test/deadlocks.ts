import { expect } from '@jest/globals'
import type { Pool } from '@frontrow/postgres/pool'
import { eventually } from '@frontrow/test-kit/eventually'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { openPool } from './use-case-context.ts'

/**
 * Runs `work` on connections of its own and returns how many deadlocks it caused, including those that were retried. The
 * server adds up a connection's numbers when it closes, so this waits until they are closed.
 */
export async function deadlocksOf(
  environment: TestEnvironment,
  pool: Pool,
  work: (own: Pool) => Promise<void>,
): Promise<number> {
  const before = await countDeadlocks(pool)
  const own = openPool(environment, 'deadlock-test')
  await work(own)
  await own.end()
  await eventually(async () => {
    const { rows } = await pool.query(`SELECT FROM pg_stat_activity WHERE application_name = 'deadlock-test'`)
    expect(rows).toHaveLength(0)
  })
  return (await countDeadlocks(pool)) - before
}

async function countDeadlocks(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ deadlocks: number }>(
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  )
  return rows[0]?.deadlocks ?? 0
}
