import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createClient } from '@frontrow/postgres/pool'
import type { Client } from '@frontrow/postgres/pool'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'

const MIGRATION = join(import.meta.dirname, '../migrations/0006_smaller_version_index.sql')

let environment: TestEnvironment
let migrating: Client
let writing: Client
let reading: Client

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
  const connect = async (): Promise<Client> => {
    const client = createClient(environment.adminDatabaseUrl, 'queue-test')
    await client.connect()
    await client.query('SET search_path = queue')
    return client
  }
  migrating = await connect()
  writing = await connect()
  reading = await connect()
})

afterAll(async () => {
  for (const client of [migrating, writing, reading]) await client?.end()
  await environment?.dispose()
})

test('while the index of versions is replaced, places can be read', async () => {
  await migrating.query('DROP INDEX queue_tokens_version')
  await migrating.query('CREATE INDEX queue_tokens_version ON queue_tokens (schedule_id, version, sequence)')
  // The build waits for who writes, which stands for a build that takes long.
  await writing.query('BEGIN')
  await writing.query('LOCK TABLE queue_tokens IN ROW EXCLUSIVE MODE')
  await migrating.query('BEGIN')
  const migrated = migrating.query(await readFile(MIGRATION, 'utf8'))
  try {
    await eventually(async () => {
      const { rows } = await reading.query<{ waiting: number }>(
        `SELECT count(*)::int AS waiting FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      )
      expect(rows[0]?.waiting).toBe(1)
    })
    await reading.query(`SET lock_timeout = '1s'`)
    const { rowCount } = await reading.query('SELECT FROM queue_tokens')
    expect(rowCount).toBe(0)
  } finally {
    await writing.query('COMMIT')
    await migrated
    await migrating.query('COMMIT')
  }
  const { rows } = await reading.query<{ definition: string }>(
    `SELECT indexdef AS definition FROM pg_indexes WHERE schemaname = 'queue' AND indexname LIKE '%version%'`,
  )
  expect(rows.map(({ definition }) => definition)).toEqual([
    'CREATE INDEX queue_tokens_version ON queue.queue_tokens USING btree (schedule_id, version)',
  ])
})
