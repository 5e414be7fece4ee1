import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { readConfig } from '@frontrow/service-host/config'
import { z } from 'zod'

/** The five services, in the order they are shown. */
export const serviceNames = ['queue', 'catalog', 'reservation', 'payment', 'wallet'] as const

/** Name of a service: of its folder, its database role and its schema. */
export type ServiceName = (typeof serviceNames)[number]

const password = z.string().min(8)

const secretsSchema = z.object({
  /** The key that development tokens are signed with (HS256). */
  jwtSecret: z.string().min(32),
  /** The issuer and the audience that development tokens name, where they are not `frontrow`. */
  jwtIssuer: z.string().optional(),
  jwtAudience: z.string().optional(),
  adminPassword: password,
  servicePasswords: z.object({
    queue: password,
    catalog: password,
    reservation: password,
    payment: password,
    wallet: password,
  }),
})

/** What only this copy knows: made once and kept in its data folder. */
export type Secrets = z.output<typeof secretsSchema>

/** Whose tokens the services accept. */
export interface TokenSettings {
  /** The keys of an identity provider; undefined: only tokens of development. */
  jwksUrl: string | undefined
  issuer: string
  audience: string
}

const port = z.coerce.number().int().min(1).max(65_535)

/** The settings of npm start itself. All other ports are free ones that it finds. */
export const upSettings = z.object({
  PORT: port.default(8080).describe('port of the gateway on this machine: http'),
  TLS_PORT: port.default(8443).describe('port of the gateway on this machine: https'),
  DATA_DIR: z
    .string()
    .optional()
    .describe("folder of the data, logs and secrets; the checkout's .frontrow where it is not set"),
})

/** The checked form of `upSettings`. */
export interface UpSettings {
  port: number
  tlsPort: number
  dataFolder: string
  tokens: TokenSettings
}

/** Reads PORT, TLS_PORT, DATA_DIR, JWKS_URL, JWT_ISSUER and JWT_AUDIENCE. */
export function readUpSettings(env: NodeJS.ProcessEnv): UpSettings {
  const { PORT, TLS_PORT } = readConfig(upSettings, env)
  if (PORT === TLS_PORT) throw new SetupProblem(`PORT and TLS_PORT are both ${PORT}, and must differ`)
  const dataFolder = dataFolderOf(env)
  // The path becomes part of the settings of Nginx and Kafka, where these characters have a meaning.
  if (/["$\\,\n]/.test(dataFolder)) {
    throw new SetupProblem(`DATA_DIR must be free of " $ \\ , and line breaks: ${dataFolder}`)
  }
  return { port: PORT, tlsPort: TLS_PORT, dataFolder, tokens: readTokenSettings(env) }
}

function readTokenSettings(env: NodeJS.ProcessEnv): TokenSettings {
  const jwksUrl = env['JWKS_URL'] || undefined
  if (jwksUrl !== undefined && !/^https?:$/.test(protocolOf(jwksUrl))) {
    throw new SetupProblem(`JWKS_URL is "${jwksUrl}", and must be an http or https address`)
  }
  return { jwksUrl, issuer: env['JWT_ISSUER'] || 'frontrow', audience: env['JWT_AUDIENCE'] || 'frontrow' }
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : ''
}

/** Where this copy keeps its data. */
export function dataFolderOf(env: NodeJS.ProcessEnv): string {
  const given = env['DATA_DIR']
  return resolve(given === undefined || given === '' ? join(import.meta.dirname, '..', '.frontrow') : given)
}

function secretsFile(dataFolder: string): string {
  return join(dataFolder, 'settings.json')
}

/** The secrets of a data folder, or null before the first start there. */
export function readSecrets(dataFolder: string): Secrets | null {
  const file = secretsFile(dataFolder)
  if (!existsSync(file)) return null
  const parsed = secretsSchema.safeParse(parseJson(readFileSync(file, 'utf8')))
  if (parsed.success) return parsed.data
  const field = parsed.error.issues[0]?.path.join('.') ?? ''
  throw new SetupProblem(`${file} is damaged (${field || 'not JSON'}); the databases need its passwords`)
}

/**
 * The secrets of a data folder. Makes them where they are missing, in a file that only this user can read. A `jwtSecret` that
 * is given replaces the one in the file, so that the tools, which read the file, sign with it as well.
 */
export function ensureSecrets(dataFolder: string, jwtSecret?: string): Secrets {
  const known = readSecrets(dataFolder)
  const isGiven = jwtSecret !== undefined && jwtSecret !== ''
  if (known !== null && (!isGiven || known.jwtSecret === jwtSecret)) return known
  const secrets: Secrets = { ...(known ?? makeSecrets()), ...(isGiven ? { jwtSecret } : {}) }
  writeSecrets(dataFolder, secrets)
  return secrets
}

/** Stores the issuer and the audience that development tokens must name, for the tools that sign them. */
export function noteTokenSettings(dataFolder: string, secrets: Secrets, tokens: TokenSettings): void {
  const { jwtIssuer: _issuer, jwtAudience: _audience, ...rest } = secrets
  const updated: Secrets = {
    ...rest,
    ...(tokens.issuer === 'frontrow' ? {} : { jwtIssuer: tokens.issuer }),
    ...(tokens.audience === 'frontrow' ? {} : { jwtAudience: tokens.audience }),
  }
  if (JSON.stringify(updated) !== JSON.stringify(secrets)) writeSecrets(dataFolder, updated)
}

function makeSecrets(): Secrets {
  return {
    jwtSecret: randomSecret(),
    adminPassword: randomSecret(),
    servicePasswords: {
      queue: randomSecret(),
      catalog: randomSecret(),
      reservation: randomSecret(),
      payment: randomSecret(),
      wallet: randomSecret(),
    },
  }
}

// The file is replaced as a whole, because the data is lost without these passwords.
function writeSecrets(dataFolder: string, secrets: Secrets): void {
  mkdirSync(dataFolder, { recursive: true })
  const file = secretsFile(dataFolder)
  writeFileSync(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

function randomSecret(): string {
  return randomBytes(32).toString('base64url')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The schema refuses undefined, and the caller reports that.
    return undefined
  }
}
