import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createClient } from '@frontrow/postgres/pool'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'

const PROGRAM = fileURLToPath(new URL('../../deploy/wait-for-migrations.ts', import.meta.url))

let environment: TestEnvironment

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
})

afterAll(() => environment?.dispose())

test('a new instance waits for the migrations that services share, as for its own', async () => {
  const admin = createClient(environment.adminDatabaseUrl, 'test')
  await admin.connect()
  const files = ['0000_outbox_inbox.sql', '0001_action_roles.sql', '0004_adjustments_validated.sql']
  await admin.query('CREATE TABLE applied AS SELECT * FROM wallet.schema_migrations WHERE file = ANY ($1)', [
    files,
  ])
  const { rowCount } = await admin.query('DELETE FROM wallet.schema_migrations WHERE file = ANY ($1)', [
    files,
  ])
  expect(rowCount).toBe(files.length)
  const waiting = spawn(process.execPath, [PROGRAM, 'wallet'], {
    env: { DATABASE_URL: environment.databaseUrl('wallet') },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    let said = ''
    waiting.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
    const ended = once(waiting, 'exit')
    await eventually(() => expect(said).toContain(`not applied yet: ${files.join(', ')}\n`))
    await admin.query('INSERT INTO wallet.schema_migrations SELECT * FROM applied')
    expect(await ended).toEqual([0, null])
  } finally {
    waiting.kill('SIGKILL')
    await admin.end()
  }
})
