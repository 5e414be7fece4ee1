/**
 * The migration step: schemas, roles, tables and topics. Run once before the services (npm start, compose, a Kubernetes
 * Job); running it again, or twice at once, changes nothing.
 */
import { createKafka } from '@frontrow/messaging/kafka'
import { kafkaSecurity } from '@frontrow/messaging/kafka-settings'
import { grantRights } from '@frontrow/messaging/topic-rights'
import { createTopics } from '@frontrow/messaging/topics'
import { migrateDatabase } from '@frontrow/migrations/migrate-database'
import { topicNames } from '@frontrow/proto/topics'
import { readSettings } from '@frontrow/settings/read-settings'
import { createLogger } from '@frontrow/service-host/logger'
import { z } from 'zod'
import { kafkaRights } from './kafka-rights.ts'
import { migrateSettings, passwordVariable } from './migrate-settings.ts'
import { serviceSchemas } from './services.ts'

async function main(): Promise<void> {
  const config = readSettings(migrateSettings, process.env)
  // They have been checked too, but the type does not name them.
  const passwordOf = (name: string): string => z.string().parse(Reflect.get(config, passwordVariable(name)))
  const kafka = createKafka({
    clientId: 'migrate',
    brokers: config.KAFKA_BROKERS,
    security: kafkaSecurity(config),
    logger: createLogger({ service: 'migrate', level: 'warn' }),
  })
  const prefixed = (name: string): string => config.KAFKA_TOPIC_PREFIX + name
  const layout = { partitions: config.KAFKA_PARTITIONS, replicationFactor: config.KAFKA_REPLICATION }
  const topics = await createTopics(kafka, topicNames.map(prefixed), layout)
  if (config.KAFKA_ACLS === 'yes') await grantRights(kafka, kafkaRights(config.KAFKA_TOPIC_PREFIX))
  // Last, since the services wait for it: they find their topics then.
  const applied = await migrateDatabase(config.ADMIN_DATABASE_URL, serviceSchemas(passwordOf))
  console.log(`migrations applied: ${applied.length}, topics made: ${topics.length}`)
}

/** One line a person can act on: what failed, and what PostgreSQL or Kafka said of it. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}: ${explain(error.cause)}`
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${explain(error)}\n`)
  process.exitCode = 1
}
