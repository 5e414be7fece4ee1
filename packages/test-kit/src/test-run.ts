import { migrateDatabase } from '@frontrow/migrations/migrate-database'
import { createClient } from '@frontrow/postgres/pool'
import { startIdentityProvider } from './identity-provider.ts'
import { startServers } from './servers.ts'
import { servicePasswords, TEMPLATE_DATABASE, withDatabase } from './test-environment.ts'

/** Starts the servers of a whole test run, makes the template database, and tells the test files by environment. Each file gets topics of these names. */
export async function prepareTestRun(topicNames: readonly string[]): Promise<{ stop: () => Promise<void> }> {
  const servers = await startServers()
  const identityProvider = await startIdentityProvider('ES256')
  try {
    const admin = createClient(servers.postgresAdminUrl, 'test-run')
    await admin.connect()
    // A template left by an earlier run on lasting servers may be of older migrations.
    await admin.query(`DROP DATABASE IF EXISTS ${TEMPLATE_DATABASE}`)
    await admin.query(`CREATE DATABASE ${TEMPLATE_DATABASE}`)
    await admin.end()
    await migrateDatabase(withDatabase(servers.postgresAdminUrl, TEMPLATE_DATABASE), servicePasswords)
  } catch (error) {
    await identityProvider.stop()
    await servers.stop()
    throw error
  }
  process.env['FRONTROW_TEST_POSTGRES'] = servers.postgresAdminUrl
  process.env['FRONTROW_TEST_REDIS'] = servers.redisUrl
  process.env['FRONTROW_TEST_KAFKA'] = servers.kafkaBrokers
  process.env['FRONTROW_TEST_TOPICS'] = topicNames.join(',')
  process.env['FRONTROW_TEST_JWKS_URL'] = identityProvider.jwksUrl
  process.env['FRONTROW_TEST_SIGNING_KEY'] = JSON.stringify(identityProvider.signingKey)
  return {
    stop: async () => {
      await identityProvider.stop()
      await servers.stop()
    },
  }
}
