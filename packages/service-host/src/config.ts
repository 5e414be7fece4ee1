import { kafkaSettings } from '@frontrow/messaging/kafka-settings'
import { nodeEnv } from '@frontrow/settings/node-env'
import { roleSettings } from '@frontrow/values/roles'
import { z } from 'zod'
import { grpcCertificateSettings } from './grpc-certificates.ts'
import { TOKEN_ALGORITHMS } from './token-algorithms.ts'

/** A whole number from `min` to `max`; required where there is no `fallback`. */
export function whole(min: number, max: number, fallback?: number) {
  const rule = z.coerce.number().int().min(min).max(max)
  return fallback === undefined ? rule : rule.default(fallback)
}

/** For how many hours a service with Idempotency-Keys remembers one. */
export const idempotencyKeepHours = whole(1, 8_760, 72).describe('how long an Idempotency-Key is remembered')

const jwks = z.object(
  { keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })).min(1) },
  'must be the JSON of a JWKS: {"keys":[…]}, each key with kty and kid',
)

/** Settings every service has; a service extends this object with its own. */
export const hostSettings = z.object({
  NODE_ENV: nodeEnv,
  HOST: z.string().default('127.0.0.1').describe('address that the three ports below listen on'),
  HTTP_PORT: whole(0, 65_535).describe('port of REST'),
  GRPC_PORT: whole(0, 65_535).describe('port of gRPC'),
  OPS_PORT: whole(0, 65_535).describe('port of /health and /metrics, for operators'),
  DATABASE_URL: z.string().startsWith('postgres').describe("PostgreSQL, with the service's own login role"),
  DATABASE_POOL_MAX: whole(1, 100, 12).describe('connections to PostgreSQL, at most'),
  DATABASE_STATEMENT_TIMEOUT_MS: whole(100, 10_000, 5_000).describe(
    'a statement that takes longer is cancelled',
  ),
  DATABASE_POOL_WAIT_MS: whole(100, 30_000, 2_000).describe(
    'how long a request waits for a connection to PostgreSQL, its own or a new one; a transaction waits as long for its turn before that',
  ),
  ...grpcCertificateSettings,
  NEIGHBOUR_TIMEOUT_MS: whole(0, 30_000, 0).describe(
    'how long a call waits for another service, at least; each call has its own limit, of 400 ms to 9 s by what it asks',
  ),
  OVERLOAD_WAIT_MS: whole(10, 60_000, 300).describe(
    'while a crowd waits for longer than this, reads are refused (503); writes from twice, payments from three times as long',
  ),
  ...kafkaSettings,
  KAFKA_TOPIC_PREFIX: z
    .string()
    .regex(/^[a-z0-9._-]*$/)
    .default('')
    .describe('put before the name of every topic and consumer group, where others use the same Kafka'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('lines below this level are not logged'),
  JWT_SECRET: z.string().min(32).optional().describe('shared secret for HS256'),
  JWKS_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("the identity provider's public keys"),
  DEVELOPMENT_JWKS: z
    .string()
    .transform(parseJson)
    .pipe(jwks)
    .optional()
    .describe(
      'public keys, as the JSON of a JWKS, that are accepted beside those of JWKS_URL; npm start sets it for its demo, production never does',
    ),
  JWT_ISSUER: z
    .string()
    .min(1)
    .default('frontrow')
    .describe('who has to have issued a bearer token (its claim iss)'),
  JWT_AUDIENCE: z
    .string()
    .min(1)
    .default('frontrow')
    .describe('whom a bearer token has to be for (its claim aud)'),
  JWT_ALGORITHMS: z
    .string()
    .default('RS256,PS256,ES256,EdDSA')
    .transform((list) => list.split(',').map((name) => name.trim()))
    .pipe(
      z.array(
        z.enum(TOKEN_ALGORITHMS),
        `must be some of ${TOKEN_ALGORITHMS.join(', ')}, separated by commas`,
      ),
    )
    .describe(
      'what tokens may be signed by where JWKS_URL is set, several are separated by commas; with JWT_SECRET it is HS256 alone',
    ),
  JWT_CLOCK_SKEW_SECONDS: whole(0, 300, 5).describe(
    "how far the identity provider's clock may be from ours: so long a token is accepted after its exp and before its nbf",
  ),
  ...roleSettings.shape,
  PERSON_POLLS_PER_MINUTE: whole(1, 1_000_000, 1_500).describe(
    'reads of one person in a minute, and at once; more are answered 429. Each instance counts by itself, as for all limits of a person',
  ),
  PERSON_JOINS_PER_MINUTE: whole(1, 1_000_000, 300).describe('joins, reissues and leaves of one person'),
  PERSON_HOLDS_PER_MINUTE: whole(1, 1_000_000, 600).describe(
    'holds, refreshes and cancellations of one person',
  ),
  PERSON_PAYMENTS_PER_MINUTE: whole(1, 1_000_000, 300).describe(
    'payments, charges and uses of points of one person',
  ),
  PERSON_ADMIN_PER_MINUTE: whole(1, 1_000_000, 6_000).describe('requests of one admin, of any kind'),
  PERSON_STREAMS_MAX: whole(1, 1_000_000, 6).describe(
    'event streams that one person may have open at once, of places and of seats each',
  ),
  SHUTDOWN_TIMEOUT_MS: whole(500, 120_000, 15_000).describe(
    'a stop that takes longer is cut off: the process ends at once',
  ),
})

/** The checked form of `hostSettings`. */
export type HostSettings = z.output<typeof hostSettings>

/** Settings of a process that serves nobody, such as one that consumes messages and sends mail. */
export const workerSettings = hostSettings.pick({
  NODE_ENV: true,
  HOST: true,
  OPS_PORT: true,
  DATABASE_URL: true,
  DATABASE_POOL_MAX: true,
  DATABASE_STATEMENT_TIMEOUT_MS: true,
  DATABASE_POOL_WAIT_MS: true,
  GRPC_CERTIFICATE_FILE: true,
  GRPC_KEY_FILE: true,
  GRPC_CA_FILE: true,
  GRPC_TLS: true,
  KAFKA_BROKERS: true,
  KAFKA_TLS: true,
  KAFKA_CA_FILE: true,
  KAFKA_USERNAME: true,
  KAFKA_PASSWORD: true,
  KAFKA_SASL_MECHANISM: true,
  KAFKA_TOPIC_PREFIX: true,
  LOG_LEVEL: true,
  SHUTDOWN_TIMEOUT_MS: true,
})

/** The checked form of `workerSettings`. */
export type WorkerSettings = z.output<typeof workerSettings>

/** A `host:port` of another service's gRPC server, or any gRPC target such as `dns:///wallet:50051`. */
export const grpcTarget = z.string().min(1)

/** Reads settings from strings; throws one error that names every wrong variable and its rule. */
export function readConfig<S extends z.ZodType>(
  schema: S,
  env: Readonly<Record<string, string | undefined>>,
): z.output<S> {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = schema.safeParse(set)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
  throw new Error(`the settings are wrong:\n${problems.join('\n')}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The schema behind it refuses undefined, and says what was wanted.
    return undefined
  }
}
