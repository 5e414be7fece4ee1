/**
 * The migration step: schemas, roles, tables and topics. Run once before the services (npm start, compose, a Kubernetes
 * Job); running it again, or twice at once, changes nothing.
 */
import { createKafka } from '@frontrow/messaging/kafka'
import { createTopics } from '@frontrow/messaging/topics'
import { migrateDatabase } from '@frontrow/migrations/migrate-database'
import { topicNames } from '@frontrow/proto/topics'
import { readConfig } from '@frontrow/service-host/config'
import { createLogger } from '@frontrow/service-host/logger'
import { z } from 'zod'

const settings = z.object({
  ADMIN_DATABASE_URL: z.string().startsWith('postgres').describe('may create roles and schemas'),
  QUEUE_DB_PASSWORD: z.string().min(8),
  CATALOG_DB_PASSWORD: z.string().min(8),
  RESERVATION_DB_PASSWORD: z.string().min(8),
  PAYMENT_DB_PASSWORD: z.string().min(8),
  WALLET_DB_PASSWORD: z.string().min(8),
  KAFKA_BROKERS: z
    .string()
    .min(1)
    .transform((list) => list.split(',').map((broker) => broker.trim())),
  KAFKA_PARTITIONS: z.coerce.number().int().min(1).max(200).default(6),
  KAFKA_TOPIC_PREFIX: z.string().default(''),
  KAFKA_REPLICATION: z.coerce.number().int().min(1).max(7).default(1),
})

async function main(): Promise<void> {
  const config = readConfig(settings, process.env)
  const applied = await migrateDatabase(config.ADMIN_DATABASE_URL, {
    queue: config.QUEUE_DB_PASSWORD,
    catalog: config.CATALOG_DB_PASSWORD,
    reservation: config.RESERVATION_DB_PASSWORD,
    payment: config.PAYMENT_DB_PASSWORD,
    wallet: config.WALLET_DB_PASSWORD,
  })
  const kafka = createKafka({
    clientId: 'migrate',
    brokers: config.KAFKA_BROKERS,
    logger: createLogger({ service: 'migrate', level: 'warn' }),
  })
  const topics = await createTopics(
    kafka,
    topicNames.map((topic) => config.KAFKA_TOPIC_PREFIX + topic),
    { partitions: config.KAFKA_PARTITIONS, replicationFactor: config.KAFKA_REPLICATION },
  )
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
