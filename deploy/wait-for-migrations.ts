/**
 * Ends when the migration step has applied all files of one service's version, so that no instance starts before its
 * tables are there: node deploy/wait-for-migrations.ts queue. In Kubernetes the Job and the services start together.
 */
import { readdir } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@frontrow/postgres/pool'
import { readSettings } from '@frontrow/settings/read-settings'
import { z } from 'zod'
import { serviceNames, serviceSchemas } from '../scripts/services.ts'

const LIMIT_MS = 300_000
const EVERY_MS = 1_000

const config = readSettings(z.object({ DATABASE_URL: z.string() }), process.env)
const service = z.enum(serviceNames).parse(process.argv[2])
const schema = serviceSchemas(() => '').find(({ name }) => name === service)
const wanted = await Promise.all((schema?.directories ?? []).map((directory) => readdir(directory)))
const files = wanted.flat().filter((name) => name.endsWith('.sql'))

/** Says what is missing; null when nothing is. Before the first migration even the role is missing. */
async function whatIsMissing(): Promise<string | null> {
  const client = createClient(config.DATABASE_URL, 'wait-for-migrations')
  // Without a listener, a connection that breaks while it is being closed would end the process.
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ file: string }>('SELECT file FROM schema_migrations')
    const applied = new Set(rows.map(({ file }) => file))
    const missing = files.filter((file) => !applied.has(file))
    return missing.length === 0 ? null : `not applied yet: ${missing.join(', ')}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    await client.end()
  }
}

const deadline = Date.now() + LIMIT_MS
let lastMissing: string | null = ''
for (;;) {
  const missing = await whatIsMissing()
  if (missing === null) break
  if (missing !== lastMissing) console.log(`waiting for the migrations of ${service}: ${missing}`)
  lastMissing = missing
  if (Date.now() > deadline) {
    console.error(`gave up after ${LIMIT_MS / 1_000} s`)
    process.exit(1)
  }
  await pause(EVERY_MS)
}
