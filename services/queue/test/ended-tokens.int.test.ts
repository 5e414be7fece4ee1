import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { deleteEndedTokens } from '../src/places/queue-tokens.ts'
import { connectStores } from './queue-under-test.ts'
import type { Stores } from './queue-under-test.ts'

let environment: TestEnvironment
let stores: Stores

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
  stores = await connectStores(environment)
})

afterAll(async () => {
  await stores?.stop()
  await environment?.dispose()
})

test('ended tokens go after their time, a batch at a time, live ones stay, and a mirror that has not heard of their ends is built anew', async () => {
  const { pool } = stores
  const versionMin = async (): Promise<number> =>
    (await pool.query<{ min: number }>('SELECT mirror_version_min AS min FROM rooms WHERE schedule_id = 1'))
      .rows[0]?.min ?? -1
  await pool.query('INSERT INTO rooms (schedule_id, version, admit_per_second) VALUES (1, 20, 1)')
  const daysAgo = [8, 8, 6, 8, null]
  for (const [index, days] of daysAgo.entries()) {
    await pool.query(
      `INSERT INTO queue_tokens (schedule_id, sequence, user_id, token_hash, version, status, ended_at)
       SELECT 1, $1::bigint, 'fan-' || $1::bigint, $2, 10 + $1::bigint, CASE WHEN $3::int IS NULL THEN 'WAITING' ELSE 'USED' END,
         now() - make_interval(days => $3::int)`,
      [index + 1, randomBytes(32), days],
    )
  }
  expect(await versionMin()).toBe(0)
  const deleted: number[] = []
  do deleted.push(await deleteEndedTokens(pool, 7, 2))
  while (deleted.at(-1) !== 0)
  expect(deleted).toEqual([2, 1, 0])
  const { rows } = await pool.query<{ sequence: number }>(
    'SELECT sequence FROM queue_tokens ORDER BY sequence',
  )
  expect(rows.map(({ sequence }) => sequence)).toEqual([3, 5])
  expect(await versionMin()).toBe(14)
})
