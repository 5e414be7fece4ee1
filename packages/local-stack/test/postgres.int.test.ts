import { afterAll, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@frontrow/postgres/pool'
import type { Client } from '@frontrow/postgres/pool'
import { eventually } from '@frontrow/test-kit/eventually'
import { ensurePrograms } from '../src/install.ts'
import { freePorts } from '../src/ports.ts'
import { startPostgres } from '../src/postgres.ts'
import type { PostgresOptions } from '../src/postgres.ts'

// mkdtemp makes the folder 0700. As root's folder it is closed to PostgreSQL's own account, like root's home.
const folder = mkdtempSync(join(tmpdir(), 'frontrow-postgres-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('PostgreSQL runs below a folder that its account can not enter, and keeps its data over a restart', async () => {
  await ensurePrograms(['postgres'], () => {})
  const [port = 0] = await freePorts(1)
  const options: PostgresOptions = {
    dataFolder: join(folder, 'data'),
    logFile: join(folder, 'postgres.log'),
    pidFile: join(folder, 'postgres.pid'),
    port,
    adminRole: 'admin_role',
    adminPassword: 'some-password',
    database: 'some_database',
    durable: true,
  }
  const url = `postgres://admin_role:some-password@127.0.0.1:${port}/some_database`
  /** On a busy machine a connection may take longer than one tries. */
  const connect = (): Promise<Client> =>
    eventually(async () => {
      const client = createClient(url, 'local-stack-test')
      await client.connect()
      return client
    })
  const run = async (statement: string): Promise<unknown[]> => {
    const client = await connect()
    const { rows } = await client.query(statement)
    await client.end()
    return rows
  }
  const first = await startPostgres(options)
  await run("CREATE TABLE kept AS SELECT 'kept' AS word")
  await first.stop()

  const second = await startPostgres(options)
  expect(await run('SELECT word FROM kept')).toEqual([{ word: 'kept' }])
  expect(await run('SHOW fsync')).toEqual([{ fsync: 'on' }])
  await expect(
    run('SELECT 1').then(() => createClient(url.replace('some-', 'bad-'), 'x').connect()),
  ).rejects.toThrow('password authentication failed')
  await second.stop()
})
