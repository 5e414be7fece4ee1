import { createClient } from '@frontrow/postgres/pool'
import type { Client } from '@frontrow/postgres/pool'
import { migrateSchema } from './migrate-schema.ts'
import type { ServiceSchema } from './migrate-schema.ts'

/** Brings the schemas up to date, in their order; returns the files that were applied, as `schema/file`. Rejects where the encoding is not UTF8. */
export async function migrateDatabase(
  adminUrl: string,
  schemas: readonly ServiceSchema[],
): Promise<string[]> {
  const client = createClient(adminUrl, 'migrate')
  await client.connect()
  try {
    await refuseOtherEncodings(client)
    const applied: string[] = []
    for (const schema of schemas) {
      const files = await migrateSchema(client, schema)
      applied.push(...files.map((file) => `${schema.name}/${file}`))
    }
    return applied
  } finally {
    await client.end()
  }
}

/** In another encoding all goes well until somebody searches for a concert, and it can't be changed later. */
async function refuseOtherEncodings(client: Client): Promise<void> {
  const { rows } = await client.query<{ name: string; encoding: string }>(
    'SELECT current_database() AS name, pg_encoding_to_char(encoding) AS encoding FROM pg_database WHERE datname = current_database()',
  )
  const { name, encoding } = rows[0] ?? {}
  if (encoding === 'UTF8') return
  throw new Error(
    `the database ${name} has the encoding ${encoding}, and must have UTF8: make it by CREATE DATABASE ${name} ENCODING 'UTF8' TEMPLATE template0`,
  )
}
