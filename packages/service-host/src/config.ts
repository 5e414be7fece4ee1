import { z } from 'zod'

/** Settings every service has; a service extends this object with its own. */
export const hostSettings = z.object({
  HOST: z.string().default('127.0.0.1').describe('address the three ports listen on'),
  HTTP_PORT: z.coerce.number().int().min(0).max(65_535).describe('REST'),
  GRPC_PORT: z.coerce.number().int().min(0).max(65_535).describe('gRPC'),
  OPS_PORT: z.coerce.number().int().min(0).max(65_535).describe('/health and /metrics'),
  DATABASE_URL: z.string().startsWith('postgres').describe("the service's own login role"),
  DATABASE_POOL_MAX: z.coerce.number().int().min(1).max(100).default(12),
  DATABASE_STATEMENT_TIMEOUT_MS: z.coerce.number().int().min(100).max(10_000).default(5_000),
  KAFKA_BROKERS: z
    .string()
    .min(1)
    .transform((list) => list.split(',').map((broker) => broker.trim())),
  KAFKA_TOPIC_PREFIX: z
    .string()
    .regex(/^[a-z0-9._-]*$/)
    .default('')
    .describe('put before every topic and group, where a broker is shared'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  JWT_SECRET: z.string().min(32).optional().describe('shared secret for HS256'),
  JWKS_URL: z.url().optional().describe("the identity provider's public keys"),
  DEVELOPMENT_JWT_SECRET: z
    .string()
    .min(32)
    .optional()
    .describe('accepted beside JWKS_URL; npm start sets it for its demo, production never does'),
  JWT_ISSUER: z.string().min(1).default('frontrow'),
  JWT_AUDIENCE: z.string().min(1).default('frontrow'),
  SHUTDOWN_TIMEOUT_MS: z.coerce.number().int().min(500).max(120_000).default(15_000),
})

/** The checked form of `hostSettings`. */
export type HostSettings = z.output<typeof hostSettings>

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
