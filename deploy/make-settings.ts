/**
 * Makes the secrets of one installation, once, and writes down for each program those that it needs, in a folder of its name: what it is
 * told (settings.env) and its certificate for gRPC. Docker Compose gives each program a volume with its folder, deploy/k8s/overlays/local
 * makes Secrets of it. Run again, it makes certificates anew that end soon.
 *   node deploy/make-settings.ts FOLDER
 */
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { plainLogin } from '@frontrow/local-stack/kafka-login'
import { nodeEnv } from '@frontrow/settings/node-env'
import { readSettings } from '@frontrow/settings/read-settings'
import { passwordOf } from '@frontrow/settings/secret-settings'
import { z } from 'zod'
import { passwordVariable } from '../scripts/migrate-settings.ts'
import { ensureServiceCertificates } from '../scripts/service-certificates.ts'
import { serviceNames } from '../scripts/services.ts'
import { ensureSecrets } from '../scripts/up-settings.ts'
import type { Secrets, TokenKind } from '../scripts/up-settings.ts'

// They are written without quotes into files that Node, Compose and kubectl read, each by rules of its own.
const inEnvFile = /^[A-Za-z0-9_.~:/?@!&()*+,;=%[\]-]+$/
const ENV_FILE_RULE = 'must have only letters, digits and _ . ~ : / ? @ ! & ( ) * + , ; = % [ ] -'

/** A secret that Compose was given in the environment. */
const notGiven = (name: string): z.ZodOptional<z.ZodNever> =>
  z
    .never(
      `${name} must come from a file, since \`docker inspect\` shows the environment: take it out of there and out of .env, and name the file by ${name}_FILE`,
    )
    .optional()

const settingsSchema = z.object({
  GIVEN_JWT_SECRET: notGiven('JWT_SECRET'),
  GIVEN_STRIPE_SECRET_KEY: notGiven('STRIPE_SECRET_KEY'),
  GIVEN_STRIPE_WEBHOOK_SECRET: notGiven('STRIPE_WEBHOOK_SECRET'),
  GIVEN_JOIN_CHECK_SECRET: notGiven('JOIN_CHECK_SECRET'),
  GIVEN_JOIN_CHECK_PROVIDER_SECRET: notGiven('JOIN_CHECK_PROVIDER_SECRET'),
  GIVEN_SMTP_URL: notGiven('SMTP_URL'),
  /** JWT_SECRET_FILE as Compose was given it: other containers go by whether there is one. */
  OPERATORS_JWT_SECRET_FILE: z.string().optional(),
  CATALOG_READ_DATABASE_URL: z
    .string()
    .refine(
      (url) => passwordOf(url) === undefined,
      'must have no password under Compose, since `docker inspect` shows it: role and password are those of the catalog',
    )
    .optional(),
  /** Where PostgreSQL is, as the services see it. */
  DATABASE_SERVER: z.string().default('postgres:5432/frontrow'),
  ADMIN_ROLE: z.string().default('frontrow_admin'),
  /** Redis, as those see it who use it. */
  REDIS_SERVER: z.string().default('redis:6379'),
  JWT_SECRET: z
    .string()
    .regex(/^[A-Za-z0-9_+/=.-]{32,256}$/, 'must be 32 to 256 letters, digits or _ + / = . -')
    .optional(),
  /** The identity provider of the operator, where there is one. */
  JWKS_URL: z
    .url({ protocol: /^https?$/ })
    .regex(inEnvFile, ENV_FILE_RULE)
    .optional(),
  JWT_ISSUER: z.string().regex(inEnvFile, ENV_FILE_RULE).optional(),
  OIDC_ISSUER: z.string().optional(),
  JWT_AUDIENCE: z.string().default('frontrow'),
  /** The identity provider for development, where there is one: its address for browsers, and for the services that of its keys. */
  DEVELOPMENT_ISSUER: z.url().optional(),
  DEVELOPMENT_JWKS_URL: z.url().default('http://identity:8080/identity/jwks'),
  NODE_ENV: nodeEnv,
  /** The address that Compose publishes the gateway's ports on. */
  LISTEN_ON: z.string().default('127.0.0.1'),
})

type Settings = z.output<typeof settingsSchema>

/** What the services are told of tokens, and how those of development are signed. */
function tokens(config: Settings): { kind: TokenKind; lines: (secrets: Secrets) => string[] } {
  const { JWKS_URL, JWT_ISSUER, JWT_AUDIENCE: audience, JWT_SECRET: secret, DEVELOPMENT_ISSUER } = config
  const issuerLines = JWT_ISSUER === undefined ? [] : [`JWT_ISSUER=${JWT_ISSUER}`]
  if (JWKS_URL !== undefined) return { kind: {}, lines: () => [`JWKS_URL=${JWKS_URL}`, ...issuerLines] }
  if (secret !== undefined || DEVELOPMENT_ISSUER === undefined) {
    return {
      kind: { by: 'secret', secret },
      lines: ({ jwtSecret }) => [`JWT_SECRET=${jwtSecret}`, ...issuerLines],
    }
  }
  refuseOthers(config, DEVELOPMENT_ISSUER)
  return {
    kind: { names: { issuer: DEVELOPMENT_ISSUER, audience } },
    lines: () => [`JWKS_URL=${config.DEVELOPMENT_JWKS_URL}`, `JWT_ISSUER=${DEVELOPMENT_ISSUER}`],
  }
}

/** The identity provider for development lets anybody in as anybody: it is for this machine, and for nobody who has another. */
function refuseOthers({ LISTEN_ON, ...config }: Settings, developmentIssuer: string): void {
  for (const name of ['JWT_ISSUER', 'OIDC_ISSUER'] as const) {
    const given = config[name]
    if (given === undefined || given === developmentIssuer) continue
    throw new Error(
      `${name} names an identity provider of your own; then JWKS_URL has to be set as well (or JWT_SECRET), so that its tokens can be verified`,
    )
  }
  const rest =
    'where the identity provider for development must not run: it lets anybody in as anybody. Set JWKS_URL, JWT_ISSUER and OIDC_ISSUER, or JWT_SECRET (docs/deploy.md)'
  if (!/^(?:127\.[\d.]+|localhost|\[?::1\]?)$/.test(LISTEN_ON)) {
    throw new Error(`LISTEN_ON is ${LISTEN_ON}, which others can reach, ${rest}`)
  }
}

interface SettingsFile {
  /** The program that it is for, and its name. */
  path: readonly [program: string, name: string]
  lines: readonly string[]
  /** Read by a server under an account that only its image knows; nobody else has its volume. */
  isForServer?: boolean
}

function settingsFiles(secrets: Secrets, config: Settings, tokenLines: readonly string[]): SettingsFile[] {
  const url = (role: string, password: string): string =>
    `postgres://${role}:${password}@${config.DATABASE_SERVER}`
  const redis = `REDIS_URL=redis://:${secrets.redisPassword}@${config.REDIS_SERVER}`
  const kafka = (name: keyof Secrets['kafkaPasswords']): string[] => [
    `KAFKA_USERNAME=${name}`,
    `KAFKA_PASSWORD=${String(secrets.kafkaPasswords[name])}`,
  ]
  const services = serviceNames.map((name) => ({
    name,
    lines: [
      `DATABASE_URL=${url(name, secrets.servicePasswords[name])}`,
      ...kafka(name),
      ...tokenLines,
      ...(name === 'queue' ? [redis] : []),
      ...(name === 'reservation' ? [`TICKET_SIGNING_KEY=${secrets.ticketSigningKey}`] : []),
    ],
  }))
  const payment = services.find(({ name }) => name === 'payment')?.lines ?? []
  const passwords = serviceNames.map((name) => `${passwordVariable(name)}=${secrets.servicePasswords[name]}`)
  const { jwtPrivateKey, jwtAlgorithm, jwtKeyId, jwtPreviousKeys, jwtSecret, jwtIssuer, jwtAudience } =
    secrets
  const signing = {
    jwtPrivateKey,
    jwtAlgorithm,
    jwtKeyId,
    jwtPreviousKeys,
    jwtSecret,
    jwtIssuer,
    jwtAudience,
  }
  return [
    ...services.map(({ name, lines }) => ({ path: [name, 'settings.env'] as const, lines })),
    // A process of the payment service, with its schema.
    { path: ['notify', 'settings.env'], lines: payment },
    {
      path: ['migrate', 'settings.env'],
      lines: [
        `ADMIN_DATABASE_URL=${url(config.ADMIN_ROLE, secrets.adminPassword)}`,
        ...kafka('admin'),
        ...passwords,
      ],
    },
    // The identity provider for development, and the tools that sign tokens.
    { path: ['identity', 'settings.env'], lines: [redis] },
    { path: ['identity', 'settings.json'], lines: [JSON.stringify(signing)] },
    { path: ['postgres', 'settings.env'], lines: [`POSTGRES_PASSWORD=${secrets.adminPassword}`] },
    { path: ['redis', 'redis.conf'], lines: [`requirepass ${secrets.redisPassword}`], isForServer: true },
    { path: ['kafka', 'kafka.jaas'], lines: [kafkaLogins(secrets)], isForServer: true },
  ]
}

/** Who may connect to Kafka, and as whom the broker connects to itself. */
function kafkaLogins({ kafkaPasswords }: Secrets): string {
  const clients = Object.fromEntries(
    Object.entries(kafkaPasswords).map(([name, password]) => [name, String(password)]),
  )
  return `KafkaServer { ${plainLogin({ broker: { name: 'admin', password: kafkaPasswords.admin }, clients })} };`
}

function writeSettings(
  folder: string,
  { path: [program, name], lines, isForServer = false }: SettingsFile,
): void {
  const mode = isForServer ? 0o644 : 0o600
  const file = join(folder, program, name)
  mkdirSync(join(folder, program), { recursive: true, mode: isForServer ? 0o755 : 0o700 })
  // The rename makes the file appear as a whole, because a service that starts at this moment may be reading it.
  writeFileSync(`${file}.new`, `${lines.join('\n')}\n`, { mode })
  chmodSync(`${file}.new`, mode)
  renameSync(`${file}.new`, file)
}

async function main(): Promise<void> {
  const folder = process.argv[2]
  if (folder === undefined) throw new Error('usage: node deploy/make-settings.ts FOLDER')
  const config = readSettings(settingsSchema, process.env)
  if (config.OPERATORS_JWT_SECRET_FILE !== undefined && config.JWT_SECRET === undefined) {
    throw new Error('JWT_SECRET_FILE names an empty file: put the secret into it, or leave the setting out')
  }
  const { kind, lines } = tokens(config)
  const secrets = await ensureSecrets(folder, kind)
  for (const file of settingsFiles(secrets, config, lines(secrets))) writeSettings(folder, file)
  await ensureServiceCertificates(folder)
  // Earlier versions had all of them side by side.
  for (const name of [...serviceNames, 'migrate', 'postgres']) {
    rmSync(join(folder, `${name}.env`), { force: true })
  }
  console.log(`settings written to ${folder}`)
}

try {
  await main()
} catch (error) {
  process.stderr.write(`settings: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
