import { migrateDatabase } from '@frontrow/migrations/migrate-database'
import type { ServiceSchema } from '@frontrow/migrations/migrate-schema'
import { createClient } from '@frontrow/postgres/pool'
import { startIdentityProvider } from './identity-provider.ts'
import { startServers } from './servers.ts'
import { TEMPLATE_DATABASE, withDatabase } from './test-environment.ts'

/**
 * Starts the servers of a test run, makes the template database with these schemas, and sets the environment variables for test
 * files. Each file gets topics of these names. The password of a schema has to be its `testPassword`.
 */
export async function prepareTestRun(
  topicNames: readonly string[],
  schemas: readonly ServiceSchema[],
): Promise<{ stop: () => Promise<void> }> {
  const servers = await startServers()
  const identityProvider = await startIdentityProvider('ES256')
  const stop = async (): Promise<void> => {
    await identityProvider.stop()
    await servers.stop()
  }
  try {
    const admin = createClient(servers.postgresAdminUrl, 'test-run')
    await admin.connect()
    // Servers that outlive a run may still have the template of an earlier one, made by older migrations.
    await admin.query(`DROP DATABASE IF EXISTS ${TEMPLATE_DATABASE}`)
    await admin.query(`CREATE DATABASE ${TEMPLATE_DATABASE}`)
    await admin.end()
    await migrateDatabase(withDatabase(servers.postgresAdminUrl, TEMPLATE_DATABASE), schemas)
  } catch (error) {
    await stop()
    throw error
  }
  process.env['FRONTROW_TEST_POSTGRES'] = servers.postgresAdminUrl
  process.env['FRONTROW_TEST_REDIS'] = servers.redisUrl
  process.env['FRONTROW_TEST_KAFKA'] = servers.kafkaBrokers
  process.env['FRONTROW_TEST_TOPICS'] = topicNames.join(',')
  process.env['FRONTROW_TEST_JWKS_URL'] = identityProvider.jwksUrl
  process.env['FRONTROW_TEST_SIGNING_KEY'] = JSON.stringify(identityProvider.signingKey)
  return { stop }
}
