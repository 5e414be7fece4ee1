import { kafkaSettings } from '@frontrow/messaging/kafka-settings'
import { hostSettings, whole } from '@frontrow/service-host/config'
import { nodeEnv } from '@frontrow/settings/node-env'
import { z } from 'zod'
import { serviceNames } from './services.ts'

/** Name of the setting with the password of a service's role. */
export function passwordVariable(service: string): string {
  return `${service.toUpperCase()}_DB_PASSWORD`
}

const passwordOf = (role: string): z.ZodString =>
  z.string().min(8).describe(`password that the migration step sets for the role ${role}`)
const passwords = serviceNames.map((name) => [passwordVariable(name), passwordOf(name)] as const)

/** Settings of the migration step. */
export const migrateSettings = z.object({
  NODE_ENV: nodeEnv,
  ADMIN_DATABASE_URL: z
    .string()
    .startsWith('postgres')
    .describe('PostgreSQL, with a role that may create roles and schemas'),
  ...Object.fromEntries(passwords),
  ...kafkaSettings,
  KAFKA_TOPIC_PREFIX: hostSettings.shape.KAFKA_TOPIC_PREFIX,
  KAFKA_ACLS: z
    .enum(['yes', 'no'])
    .default('no')
    .describe(
      "whether each service's login at Kafka, which has the service's name, is given the rights to its own topics; the brokers need an authorizer",
    ),
  KAFKA_PARTITIONS: whole(1, 200, 6).describe(
    'partitions of a topic that is made; those of a topic that is there stay as they are',
  ),
  KAFKA_REPLICATION: whole(1, 7, 1).describe('copies of a topic that is made; Kafka needs as many brokers'),
})
