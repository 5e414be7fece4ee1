import { hostSettings, whole } from '@frontrow/service-host/config'
import { z } from 'zod'

const passwordOf = (role: string): z.ZodString =>
  z.string().min(8).describe(`password that the migration step sets for the role ${role}`)

/** Settings of the migration step. */
export const migrateSettings = z.object({
  ADMIN_DATABASE_URL: z
    .string()
    .startsWith('postgres')
    .describe('PostgreSQL, with a role that may create roles and schemas'),
  QUEUE_DB_PASSWORD: passwordOf('queue'),
  CATALOG_DB_PASSWORD: passwordOf('catalog'),
  RESERVATION_DB_PASSWORD: passwordOf('reservation'),
  PAYMENT_DB_PASSWORD: passwordOf('payment'),
  WALLET_DB_PASSWORD: passwordOf('wallet'),
  KAFKA_BROKERS: hostSettings.shape.KAFKA_BROKERS,
  KAFKA_TOPIC_PREFIX: hostSettings.shape.KAFKA_TOPIC_PREFIX,
  KAFKA_PARTITIONS: whole(1, 200, 6).describe(
    'partitions of a topic that is made; those of a topic that is there stay as they are',
  ),
  KAFKA_REPLICATION: whole(1, 7, 1).describe('copies of a topic that is made; Kafka needs as many brokers'),
})
