import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { hostSettings, readConfig, whole } from '@frontrow/service-host/config'
import { z } from 'zod'
import { perService } from './services.ts'

const password = z.string().min(8)

// Fields that only other versions know are kept.
const secretsSchema = z.looseObject({
  /** The key that development tokens are signed with (HS256). */
  jwtSecret: z.string().min(32),
  /** The issuer and the audience that development tokens name. Only `npm start` notes them. */
  jwtIssuer: z.string().optional(),
  jwtAudience: z.string().optional(),
  adminPassword: password,
  servicePasswords: z.looseObject(perService(() => password)),
  /** The key that tickets are signed with: PKCS #8 in base64. Copies of before it have none. */
  ticketSigningKey: z.string().optional(),
})

type KnownSecrets = z.output<typeof secretsSchema>

/** What only this copy knows: made once and kept in its data folder. */
export type Secrets = KnownSecrets & { ticketSigningKey: string }

/** The settings of npm start itself. All other ports are free ones that it finds. */
export const upSettings = z.object({
  PORT: whole(1, 65_535, 8080).describe('port of the gateway on this machine: http'),
  TLS_PORT: whole(1, 65_535, 8443).describe('port of the gateway on this machine: https'),
  DATA_DIR: z
    .string()
    .optional()
    .describe("folder of the data, logs and secrets; the checkout's .frontrow where it is not set"),
})

const tokenSettings = hostSettings.pick({ JWKS_URL: true, JWT_ISSUER: true, JWT_AUDIENCE: true })

/** Whose tokens the services accept; without JWKS_URL only those of development. */
export type TokenSettings = z.output<typeof tokenSettings>

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
  return { port: PORT, tlsPort: TLS_PORT, dataFolder, tokens: readConfig(tokenSettings, env) }
}

/** Where this copy keeps its data. */
export function dataFolderOf(env: NodeJS.ProcessEnv): string {
  return resolve(env['DATA_DIR'] || join(import.meta.dirname, '..', '.frontrow'))
}

function secretsFile(dataFolder: string): string {
  return join(dataFolder, 'settings.json')
}

/** The secrets of a data folder, or null before the first start there. */
export function readSecrets(dataFolder: string): KnownSecrets | null {
  const file = secretsFile(dataFolder)
  if (!existsSync(file)) return null
  const parsed = secretsSchema.safeParse(parseJson(readFileSync(file, 'utf8')))
  if (parsed.success) return parsed.data
  const field = parsed.error.issues[0]?.path.join('.') ?? ''
  throw new SetupProblem(`${file} is damaged (${field || 'not JSON'}); the databases need its passwords`)
}

/**
 * The secrets of a data folder. Makes them where they are missing, in a file that only this user can read. A `jwtSecret` that
 * is given replaces the one in the file, and `tokens` are noted there, because the tools read the file to sign tokens.
 */
export function ensureSecrets(dataFolder: string, jwtSecret?: string, tokens?: TokenSettings): Secrets {
  const known = readSecrets(dataFolder)
  const secrets: Secrets = {
    ...(known ?? makeSecrets()),
    ticketSigningKey: known?.ticketSigningKey ?? makeTicketSigningKey(),
    ...(jwtSecret ? { jwtSecret } : {}),
    ...(tokens ? { jwtIssuer: tokens.JWT_ISSUER, jwtAudience: tokens.JWT_AUDIENCE } : {}),
  }
  if (JSON.stringify(secrets) !== JSON.stringify(known)) writeSecrets(dataFolder, secrets)
  return secrets
}

function makeSecrets(): KnownSecrets {
  return {
    jwtSecret: randomSecret(),
    adminPassword: randomSecret(),
    servicePasswords: perService(randomSecret),
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

/** A new private key of Ed25519 on one line, as TICKET_SIGNING_KEY wants it. */
export function makeTicketSigningKey(): string {
  const { privateKey } = generateKeyPairSync('ed25519')
  return privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The schema refuses undefined, and the caller reports that.
    return undefined
  }
}
