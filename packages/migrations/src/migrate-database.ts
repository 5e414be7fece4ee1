import { createClient } from '@frontrow/postgres/pool'
import { migrateSchema } from './migrate-schema.ts'
import type { ServiceSchema } from './migrate-schema.ts'

/** Brings the schemas up to date, in their order; returns the files that were applied, as `schema/file`. */
export async function migrateDatabase(
  adminUrl: string,
  schemas: readonly ServiceSchema[],
): Promise<string[]> {
  const client = createClient(adminUrl, 'migrate')
  await client.connect()
  try {
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
