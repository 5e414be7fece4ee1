import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Client } from '@frontrow/postgres/pool'

/** One service's part of the database: a schema, a login role that can reach nothing else, and its migrations. */
export interface ServiceSchema {
  /** Name of the schema and of its role. */
  name: string
  password: string
  /** Folders of numbered .sql files, run in this order; file names are unique across them. */
  directories: readonly string[]
}

// One lock for all schemas: two migration steps at once take turns instead of failing.
const MIGRATION_LOCK = 7_220_011

/**
 * Brings one schema up to date and returns the files it applied. It may run twice, and several times at once. The files
 * run as the connected admin, who stays the owner of the tables, so that a service can't alter them or lift a privilege.
 * An applied file that was edited later is an error, because its change would reach new databases only.
 */
export async function migrateSchema(client: Client, schema: ServiceSchema): Promise<string[]> {
  await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK])
  try {
    await ensureRoleAndSchema(client, schema)
    const name = quoteIdentifier(schema.name)
    await client.query(`CREATE TABLE IF NOT EXISTS ${name}.schema_migrations (
      file text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`)
    await client.query(`REVOKE INSERT, UPDATE, DELETE ON ${name}.schema_migrations FROM ${name}`)
    const applied: string[] = []
    for (const path of await listFiles(schema.directories)) {
      if (await applyFile(client, schema.name, path)) applied.push(basename(path))
    }
    return applied
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK])
  }
}

async function listFiles(directories: readonly string[]): Promise<string[]> {
  const paths: string[] = []
  for (const directory of directories) {
    const names = (await readdir(directory)).filter((file) => file.endsWith('.sql')).toSorted()
    paths.push(...names.map((file) => join(directory, file)))
  }
  return paths
}

async function applyFile(client: Client, schema: string, path: string): Promise<boolean> {
  const file = basename(path)
  const sql = await readFile(path, 'utf8')
  const sha256 = createHash('sha256').update(sql).digest('hex')
  const name = quoteIdentifier(schema)
  const known = await client.query<{ sha256: string }>(
    `SELECT sha256 FROM ${name}.schema_migrations WHERE file = $1`,
    [file],
  )
  const row = known.rows[0]
  if (row !== undefined) {
    if (row.sha256 !== sha256) throw new Error(`migration ${schema}/${file} was edited after it was applied`)
    return false
  }
  try {
    await client.query('BEGIN')
    await client.query(`SET LOCAL search_path = ${name}`)
    await client.query(sql)
    await client.query(`INSERT INTO ${name}.schema_migrations (file, sha256) VALUES ($1, $2)`, [file, sha256])
    await client.query('COMMIT')
    return true
  } catch (error) {
    await client.query('ROLLBACK')
    throw new Error(`migration ${schema}/${file} failed`, { cause: error })
  }
}

async function ensureRoleAndSchema(client: Client, schema: ServiceSchema): Promise<void> {
  const name = quoteIdentifier(schema.name)
  const role = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [schema.name])
  if (role.rowCount === 0) await client.query(`CREATE ROLE ${name} LOGIN`)
  // Utility statements take no parameters, so the server itself quotes the secret.
  const alter = await client.query<{ statement: string }>(
    `SELECT format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD %L', $1::text, $2::text) AS statement`,
    [schema.name, schema.password],
  )
  const statement = alter.rows[0]?.statement
  if (statement === undefined) throw new Error('the server returned no ALTER ROLE statement')
  await client.query(statement)
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${name}`)
  await client.query(`ALTER ROLE ${name} SET search_path = ${name}`)
  await client.query('REVOKE ALL ON SCHEMA public FROM PUBLIC')
  await client.query(`GRANT USAGE ON SCHEMA ${name} TO ${name}`)
  await client.query(
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${name} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${name}`,
  )
  await client.query(`ALTER DEFAULT PRIVILEGES IN SCHEMA ${name} GRANT USAGE, SELECT ON SEQUENCES TO ${name}`)
}

function quoteIdentifier(name: string): string {
  if (!/^[a-z][a-z_]{0,62}$/.test(name)) throw new Error(`"${name}" is not a plain schema name`)
  return `"${name}"`
}
