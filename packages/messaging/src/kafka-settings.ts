import { readFileSync } from 'node:fs'
import type { KafkaConfig as KafkaOptions } from 'kafkajs'
import { z } from 'zod'

/** Settings that say how a process reaches the brokers. */
export const kafkaSettings = {
  KAFKA_BROKERS: z
    .string()
    .min(1)
    .transform((list) => list.split(',').map((broker) => broker.trim()))
    .describe('Kafka, as host:port; several are separated by commas'),
  KAFKA_TLS: z.enum(['yes', 'no']).default('no').describe('whether connections to Kafka are encrypted'),
  KAFKA_CA_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      "authorities that may have signed the brokers' certificates, as PEM; without it those that Node knows",
    ),
  KAFKA_USERNAME: z.string().min(1).optional().describe('who this is to Kafka (SASL), with KAFKA_PASSWORD'),
  KAFKA_PASSWORD: z.string().min(1).optional().describe('its password'),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
    .default('scram-sha-512')
    .describe('how the password is proved; plain sends it, so that it needs KAFKA_TLS on a network'),
}

/** How a process proves to the brokers who it is, and how they prove it. */
export type KafkaSecurity = Pick<KafkaOptions, 'ssl' | 'sasl'>

/** TLS and credentials as the settings say; throws where they do not go together. */
export function kafkaSecurity(
  settings: Omit<z.output<z.ZodObject<typeof kafkaSettings>>, 'KAFKA_BROKERS'>,
): KafkaSecurity {
  const { KAFKA_TLS, KAFKA_CA_FILE, KAFKA_USERNAME, KAFKA_PASSWORD, KAFKA_SASL_MECHANISM } = settings
  if (KAFKA_CA_FILE !== undefined && KAFKA_TLS === 'no') {
    throw new Error('KAFKA_CA_FILE is set, so KAFKA_TLS must be yes')
  }
  if ((KAFKA_USERNAME === undefined) !== (KAFKA_PASSWORD === undefined)) {
    throw new Error('KAFKA_USERNAME and KAFKA_PASSWORD must be set together')
  }
  return {
    ...(KAFKA_TLS === 'yes'
      ? { ssl: KAFKA_CA_FILE === undefined ? true : { ca: [readFileSync(KAFKA_CA_FILE, 'utf8')] } }
      : {}),
    ...(KAFKA_USERNAME === undefined || KAFKA_PASSWORD === undefined
      ? {}
      : { sasl: saslOptions(KAFKA_SASL_MECHANISM, KAFKA_USERNAME, KAFKA_PASSWORD) }),
  }
}

// One object for each, because kafkajs types them apart.
function saslOptions(
  mechanism: z.output<typeof kafkaSettings.KAFKA_SASL_MECHANISM>,
  username: string,
  password: string,
): NonNullable<KafkaSecurity['sasl']> {
  switch (mechanism) {
    case 'plain':
      return { mechanism, username, password }
    case 'scram-sha-256':
      return { mechanism, username, password }
    case 'scram-sha-512':
      return { mechanism, username, password }
  }
}
