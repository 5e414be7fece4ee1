import { expect, test } from '@jest/globals'
import { migrateDatabase } from '@frontrow/migrations/migrate-database'
import { createClient } from '@frontrow/postgres/pool'
import { createTestEnvironment, withDatabase } from '@frontrow/test-kit/test-environment'

test('a database that can not search in all languages is refused before anything is made in it', async () => {
  const environment = await createTestEnvironment({ topics: false })
  const admin = createClient(environment.adminDatabaseUrl, 'test')
  await admin.connect()
  const name = `${new URL(environment.adminDatabaseUrl).pathname.slice(1)}_latin`
  try {
    await admin.query(`CREATE DATABASE ${name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`)
    const migrating = migrateDatabase(withDatabase(environment.adminDatabaseUrl, name), [])
    await expect(migrating).rejects.toThrow(
      `the database ${name} has the encoding LATIN1, and must have UTF8: make it by CREATE DATABASE ${name} ENCODING 'UTF8' TEMPLATE template0`,
    )
    // The one of this file has UTF8.
    expect(await migrateDatabase(environment.adminDatabaseUrl, [])).toEqual([])
  } finally {
    await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    await admin.end()
    await environment.dispose()
  }
})
