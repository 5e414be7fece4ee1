import { randomBytes } from 'node:crypto'
import { createKafka } from '@frontrow/messaging/kafka'
import { createTopics } from '@frontrow/messaging/topics'
import { createClient } from '@frontrow/postgres/pool'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import { z } from 'zod'
import { claimsOf, signClaims } from './identity-provider.ts'
import type { SigningKey } from './identity-provider.ts'

export const TEMPLATE_DATABASE = 'frontrow_template'

/** The password of a service's role. Roles belong to the whole server, so all databases of a run share it. */
export function testPassword(service: string): string {
  return `${service}-test-password`
}

/** One test file's own database, topics and Redis database on the servers of the run. */
export interface TestEnvironment {
  /** A superuser on this file's database, so that tests can look at rows and break them. */
  adminDatabaseUrl: string
  databaseUrl(service: string): string
  redisUrl: string
  kafkaBrokers: string
  topicPrefix: string
  /** Environment variables of one service, all ports 0 (any free one). */
  serviceEnv(service: string): Record<string, string>
  /** Drops the database; close every connection first. */
  dispose(): Promise<void>
}

/** For tests whose subject is that a server is away: its absence is noticed as soon as in production, or nearly so. */
export const OUTAGE_DEADLINES = {
  REDIS_COMMAND_TIMEOUT_MS: '1000',
  DATABASE_POOL_WAIT_MS: '2000',
  DATABASE_STATEMENT_TIMEOUT_MS: '5000',
} as const

/** Tests are a few people who ask for much. Who tests the limits of a person sets them. */
const manyRequestsOfFewPeople = Object.fromEntries(
  [
    'POLLS_PER_MINUTE',
    'JOINS_PER_MINUTE',
    'HOLDS_PER_MINUTE',
    'PAYMENTS_PER_MINUTE',
    'ADMIN_PER_MINUTE',
    'STREAMS_MAX',
  ].map((limit) => [`PERSON_${limit}`, '1000000']),
)

function required(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set: run through npm test`)
  return value
}

/** The URL of another database on the same server. */
export function withDatabase(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}

/**
 * Makes a database from the migrated template, topics of its own (`topics: false` leaves them out), an empty Redis database.
 * `kafkaBrokers` are in place of the run's, for files that take their broker away.
 */
export async function createTestEnvironment(
  options: { topics?: boolean; kafkaBrokers?: string } = {},
): Promise<TestEnvironment> {
  const adminUrl = required('FRONTROW_TEST_POSTGRES')
  const kafkaBrokers = options.kafkaBrokers ?? required('FRONTROW_TEST_KAFKA')
  const suffix = randomBytes(5).toString('hex')
  const database = `frontrow_${suffix}`
  const topicPrefix = `t${suffix}.`
  await runStatement(adminUrl, `CREATE DATABASE ${database} TEMPLATE ${TEMPLATE_DATABASE}`)
  if (options.topics !== false) {
    const kafka = createKafka({
      clientId: 'test-kit',
      brokers: kafkaBrokers.split(','),
      logger: pino({ level: 'silent' }),
    })
    const topics = required('FRONTROW_TEST_TOPICS').split(',')
    await createTopics(
      kafka,
      topics.map((topic) => topicPrefix + topic),
      { partitions: 2, replicationFactor: 1 },
    )
  }
  // The test files of one worker run one after the other, so each worker has one of Redis's 16 databases.
  const redis = new URL(required('FRONTROW_TEST_REDIS'))
  redis.pathname = `/${Number(process.env['JEST_WORKER_ID'] ?? '1') % 16}`
  await emptyRedis(redis.href)
  const databaseUrl = (service: string): string => {
    const url = new URL(withDatabase(adminUrl, database))
    url.username = service
    url.password = testPassword(service)
    return url.href
  }
  return {
    adminDatabaseUrl: withDatabase(adminUrl, database),
    databaseUrl,
    redisUrl: redis.href,
    kafkaBrokers,
    topicPrefix,
    serviceEnv: (service) => ({
      HTTP_PORT: '0',
      GRPC_PORT: '0',
      OPS_PORT: '0',
      DATABASE_URL: databaseUrl(service),
      REDIS_URL: redis.href,
      // Several services, their callers and another test file share two cores, and a command that was too slow is an outage of Redis.
      REDIS_COMMAND_TIMEOUT_MS: '5000',
      KAFKA_BROKERS: kafkaBrokers,
      KAFKA_TOPIC_PREFIX: topicPrefix,
      JWKS_URL: required('FRONTROW_TEST_JWKS_URL'),
      // Nor is a neighbour or a database away that such a machine lets wait. Tests of these deadlines set their own.
      NEIGHBOUR_TIMEOUT_MS: '10000',
      DATABASE_POOL_WAIT_MS: '10000',
      DATABASE_STATEMENT_TIMEOUT_MS: '10000',
      // Tests send many requests at once on a machine that is busy with other tests; those of overload set their own.
      OVERLOAD_WAIT_MS: '60000',
      LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
      ...manyRequestsOfFewPeople,
    }),
    dispose: () => runStatement(adminUrl, `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`),
  }
}

/** Deletes what the previous test file left: schedules are numbered from 1 in each, so its rooms would be found here. */
async function emptyRedis(url: string): Promise<void> {
  const redis = new Redis(url, { connectionName: 'test-kit' })
  try {
    await redis.flushdb()
  } finally {
    redis.disconnect()
  }
}

async function runStatement(adminUrl: string, statement: string): Promise<void> {
  const client = createClient(adminUrl, 'test-kit')
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

const signingKey = z.object({
  algorithm: z.enum(['ES256', 'RS256']),
  keyId: z.string(),
  privateKey: z.string(),
})

/** The key of the run's identity provider. */
export function testSigningKey(): SigningKey {
  return signingKey.parse(JSON.parse(required('FRONTROW_TEST_SIGNING_KEY')))
}

/** A bearer token of the run's identity provider. */
export function tokenFor(
  userId: string,
  options: { admin?: boolean; expiresInSeconds?: number; claims?: Readonly<Record<string, unknown>> } = {},
): Promise<string> {
  const { admin = false, expiresInSeconds = 3_600, claims = {} } = options
  const exp = Math.floor(Date.now() / 1_000) + expiresInSeconds
  return signClaims(
    testSigningKey(),
    claimsOf(userId, { ...claims, exp, ...(admin ? { roles: ['admin'] } : {}) }),
  )
}
