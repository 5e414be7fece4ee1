import { fileURLToPath } from 'node:url'
import { createClient } from '@frontrow/postgres/pool'
import { migrateSchema } from './migrate-schema.ts'
import type { ServiceSchema } from './migrate-schema.ts'

/** The services that have a schema and a login role, in the order of their migration. */
export const schemaNames = ['queue', 'catalog', 'reservation', 'payment', 'wallet'] as const

/** Passwords of the login roles, by service. */
export type Passwords = Readonly<Record<(typeof schemaNames)[number], string>>

const withIdempotencyKeys: ReadonlySet<string> = new Set(['reservation', 'payment', 'wallet'])

/** Brings the schemas of all services up to date; returns the files that were applied, as `schema/file`. */
export async function migrateDatabase(adminUrl: string, passwords: Passwords): Promise<string[]> {
  const client = createClient(adminUrl, 'migrate')
  await client.connect()
  try {
    const applied: string[] = []
    for (const name of schemaNames) {
      const files = await migrateSchema(client, schemaOf(name, passwords[name]))
      applied.push(...files.map((file) => `${name}/${file}`))
    }
    return applied
  } finally {
    await client.end()
  }
}

function schemaOf(name: string, password: string): ServiceSchema {
  return {
    name,
    password,
    directories: [
      migrationsFolder('packages/messaging'),
      ...(withIdempotencyKeys.has(name) ? [migrationsFolder('packages/idempotency')] : []),
      migrationsFolder(`services/${name}`),
    ],
  }
}

// The folders are found by path, because this package must not import the services, which stand above it.
function migrationsFolder(path: string): string {
  return fileURLToPath(new URL(`../../../${path}/migrations`, import.meta.url))
}
