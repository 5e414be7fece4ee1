import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { writeFileFor } from '@frontrow/local-stack/run-as'
import type { Account } from '@frontrow/local-stack/run-as'
import type { LogLimits } from '@frontrow/local-stack/rotating-log'
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { makeSigningKeys, rotateKeys, signingKeyFields } from '@frontrow/identity-provider/signing-keys'
import type { SigningKeys } from '@frontrow/identity-provider/signing-keys'
import { hostSettings, readConfig, whole } from '@frontrow/service-host/config'
import { z } from 'zod'
import { perService } from './services.ts'

const password = z.string().min(8)

// Fields that only other versions know are kept. Development tokens are signed by the private key, or, where a JWT_SECRET was given,
// by that (HS256): the file has the one or the other.
const tokenSecretsSchema = z.looseObject({
  jwtPrivateKey: signingKeyFields.shape.jwtPrivateKey.optional(),
  jwtAlgorithm: signingKeyFields.shape.jwtAlgorithm.unwrap().optional(),
  jwtKeyId: signingKeyFields.shape.jwtKeyId.optional(),
  jwtPreviousKeys: signingKeyFields.shape.jwtPreviousKeys.unwrap().optional(),
  jwtSecret: z.string().min(32).optional(),
  /** The issuer and the audience that development tokens name; only a system that accepts such tokens has them noted. */
  jwtIssuer: z.string().optional(),
  jwtAudience: z.string().optional(),
})

const secretsSchema = tokenSecretsSchema.extend({
  adminPassword: password,
  servicePasswords: z.looseObject(perService(() => password)),
  /** The key that tickets are signed with: PKCS #8 in base64. Copies of before it have none. */
  ticketSigningKey: z.string().optional(),
  /** What Redis asks for, and Kafka of each service and of who makes its topics. Copies of before them have none. */
  redisPassword: password.optional(),
  kafkaPasswords: z.looseObject({ ...perService(() => password), admin: password }).optional(),
})

/** What tokens for development are signed by. */
export type TokenSecrets = z.output<typeof tokenSecretsSchema>

/** The secrets as the file of any version has them. */
export type KnownSecrets = z.output<typeof secretsSchema>

/** What only this copy knows: made once and kept in its data folder. */
export type Secrets = KnownSecrets & { [Name in LaterSecret]: NonNullable<KnownSecrets[Name]> }

/** Secrets that copies of earlier versions do not have; they are added at the next start. */
type LaterSecret = 'ticketSigningKey' | 'redisPassword' | 'kafkaPasswords'

/** The settings of npm start itself. All other ports are free ones that it finds. */
export const upSettings = z.object({
  PORT: whole(1, 65_535, 8080).describe('port of the gateway on this machine: http'),
  TLS_PORT: whole(1, 65_535, 8443).describe('port of the gateway on this machine: https'),
  DATA_DIR: z
    .string()
    .optional()
    .describe("folder of the data, logs and secrets; the checkout's .frontrow where it is not set"),
  INSTANCES: whole(1, 4, 1).describe(
    'processes of each of the five services; with two, one of them may be killed or frozen and people go on buying',
  ),
  ACCESS_TOKEN_SECONDS: whole(30, 86_400, 600).describe(
    'how long a token of the identity provider for development lasts; pages renew it a minute before its end',
  ),
  LOG_FILE_MB_MAX: whole(1, 10_000, 20).describe(
    'megabytes of one log file; a log that is full is put aside as .1, and a new one is begun',
  ),
  LOG_FILES_MAX: whole(2, 100, 3).describe(
    'files that are kept of each log, the one that is written to among them',
  ),
})

const tokenSettings = hostSettings.pick({ JWKS_URL: true, JWT_ISSUER: true, JWT_AUDIENCE: true })

/** Whose tokens the services accept. */
export interface TokenSource {
  /** The identity provider for development, which npm start runs; one of the operator's own (JWKS_URL); or whoever has JWT_SECRET. */
  kind: 'development' | 'provider' | 'secret'
  issuer: string
  audience: string
  /** Whether tokens signed by the key in settings.json are accepted as well, for the demo and the tools; in production they are not. */
  acceptsOwn: boolean
}

/** The checked form of `upSettings`. */
export interface UpSettings {
  port: number
  tlsPort: number
  dataFolder: string
  /** How many processes each of the five services has. */
  instances: number
  accessTokenSeconds: number
  logLimits: LogLimits
  tokens: TokenSource
  /** What was given, with what files hold. It is no program's environment, where more than its user could read it. */
  given: NodeJS.ProcessEnv
}

/** Reads the settings of npm start, and what says whose tokens are accepted: JWKS_URL, JWT_SECRET, JWT_ISSUER and JWT_AUDIENCE. */
export function readUpSettings(env: NodeJS.ProcessEnv): UpSettings {
  const { PORT, TLS_PORT, INSTANCES, ACCESS_TOKEN_SECONDS, LOG_FILE_MB_MAX, LOG_FILES_MAX } = readConfig(
    upSettings,
    env,
  )
  if (PORT === TLS_PORT) throw new SetupProblem(`PORT and TLS_PORT are both ${PORT}, and must differ`)
  const dataFolder = dataFolderOf(env)
  // The path becomes part of the settings of Nginx and Kafka, where these characters have a meaning.
  if (/["$\\,\n]/.test(dataFolder)) {
    throw new SetupProblem(`DATA_DIR must be free of " $ \\ , and line breaks: ${dataFolder}`)
  }
  const logLimits = { bytesMax: LOG_FILE_MB_MAX * 1_000_000, filesMax: LOG_FILES_MAX }
  checkStripeKeys(env)
  return {
    port: PORT,
    tlsPort: TLS_PORT,
    dataFolder,
    instances: INSTANCES,
    accessTokenSeconds: ACCESS_TOKEN_SECONDS,
    logLimits,
    tokens: readTokenSource(env, PORT),
    given: env,
  }
}

/** The pages make cards with the publishable key, and the services take money from them with the secret one. */
function checkStripeKeys({ STRIPE_PUBLISHABLE_KEY = '', STRIPE_SECRET_KEY = '' }: NodeJS.ProcessEnv): void {
  if (STRIPE_PUBLISHABLE_KEY === '') return
  if (STRIPE_SECRET_KEY === '') {
    throw new SetupProblem('STRIPE_PUBLISHABLE_KEY is set, so STRIPE_SECRET_KEY must be set too')
  }
  const modeOf = (key: string): string | undefined => /^[a-z]+_(test|live)_/.exec(key)?.[1]
  if (modeOf(STRIPE_PUBLISHABLE_KEY) !== modeOf(STRIPE_SECRET_KEY)) {
    throw new SetupProblem(
      'STRIPE_PUBLISHABLE_KEY and STRIPE_SECRET_KEY must be of one mode, both test or both live',
    )
  }
}

function readTokenSource(env: NodeJS.ProcessEnv, port: number): TokenSource {
  const { JWKS_URL, JWT_ISSUER, JWT_AUDIENCE: audience } = readConfig(tokenSettings, env)
  const isProduction = env['NODE_ENV'] === 'production'
  if (JWKS_URL !== undefined) {
    return { kind: 'provider', issuer: JWT_ISSUER, audience, acceptsOwn: !isProduction }
  }
  if (env['JWT_SECRET']) return { kind: 'secret', issuer: JWT_ISSUER, audience, acceptsOwn: true }
  const issuer = developmentIssuer(port)
  for (const name of ['JWT_ISSUER', 'OIDC_ISSUER']) {
    const given = env[name]
    if (!given || given === issuer) continue
    throw new SetupProblem(
      `${name} names an identity provider of your own; then JWKS_URL has to be set as well (or JWT_SECRET), so that its tokens can be verified`,
    )
  }
  if (isProduction) {
    throw new SetupProblem(
      'NODE_ENV is production, where the identity provider for development must not run: it lets anybody in as anybody. Set JWKS_URL, JWT_ISSUER and OIDC_ISSUER (docs/deploy.md)',
    )
  }
  return { kind: 'development', issuer, audience, acceptsOwn: true }
}

/** The address of the identity provider for development, behind the gateway on this port. */
function developmentIssuer(port: number): string {
  return `http://localhost:${port}/identity`
}

/** Where this copy keeps its data. */
export function dataFolderOf(env: NodeJS.ProcessEnv): string {
  return resolve(env['DATA_DIR'] || join(import.meta.dirname, '..', '.frontrow'))
}

/** The file of a data folder that has its secrets. */
function settingsFile(dataFolder: string): string {
  return join(dataFolder, 'settings.json')
}

/** The secrets of a data folder, or null before the first start there. */
export function readSecrets(dataFolder: string): KnownSecrets | null {
  return readSettingsFile(dataFolder, secretsSchema)
}

/** What tokens are signed by, from a data folder or from one that has nothing else; null where there is neither. */
export function readTokenSecrets(dataFolder: string): TokenSecrets | null {
  return readSettingsFile(dataFolder, tokenSecretsSchema)
}

function readSettingsFile<S extends z.ZodType>(dataFolder: string, schema: S): z.output<S> | null {
  const file = settingsFile(dataFolder)
  if (!existsSync(file)) return null
  const parsed = schema.safeParse(parseJson(readFileSync(file, 'utf8')))
  if (parsed.success) return parsed.data
  const field = parsed.error.issues[0]?.path.join('.') ?? ''
  throw new SetupProblem(`${file} is damaged (${field || 'not JSON'}); the databases need its passwords`)
}

/** How development tokens are signed, and what they name. */
export interface TokenKind {
  /** By a secret: the given one, else the one in the file, else a new one. Without this, by a private key, which is made once. */
  by?: 'secret'
  secret?: string | undefined
  /** What tokens name; where it is not given, the file tells that none are accepted. */
  names?: { issuer: string; audience: string }
}

/**
 * The secrets of a data folder. Makes what is missing, in a file that only this user can read. Tools read it to sign tokens, so it
 * has what is accepted now and nothing else: the secret of an earlier version goes when a key comes.
 */
export async function ensureSecrets(dataFolder: string, kind: TokenKind = {}): Promise<Secrets> {
  const known = readSecrets(dataFolder)
  const {
    jwtSecret,
    jwtIssuer: _issuer,
    jwtAudience: _audience,
    jwtPrivateKey: _key,
    jwtAlgorithm: _algorithm,
    jwtKeyId: _keyId,
    jwtPreviousKeys: _previousKeys,
    ...kept
  } = known ?? makeSecrets()
  const secrets: Secrets = {
    ...kept,
    ticketSigningKey: known?.ticketSigningKey ?? makeTicketSigningKey(),
    redisPassword: known?.redisPassword ?? randomSecret(),
    kafkaPasswords: known?.kafkaPasswords ?? { ...perService(randomSecret), admin: randomSecret() },
    ...(kind.by === 'secret'
      ? { jwtSecret: kind.secret || jwtSecret || randomSecret() }
      : (signingKeysOf(known ?? {}) ?? (await makeSigningKeys()))),
    ...(kind.names === undefined ? {} : { jwtIssuer: kind.names.issuer, jwtAudience: kind.names.audience }),
  }
  if (!isDeepStrictEqual(secrets, known)) writeSecrets(dataFolder, secrets)
  return secrets
}

function identityKeysFile(dataFolder: string): string {
  return join(dataFolder, 'identity', 'settings.json')
}

/** Writes what the identity provider for development signs by, and nothing else, where it alone reads it; returns the file. */
export function writeIdentityKeys(
  dataFolder: string,
  secrets: Partial<TokenSecrets>,
  account?: Pick<Account, 'uid' | 'gid'>,
): string {
  const file = identityKeysFile(dataFolder)
  // The folder stays ours: in one of its own, the account could put a link in the file's way.
  const mode = account === undefined ? 0o700 : 0o711
  mkdirSync(dirname(file), { recursive: true, mode })
  chmodSync(dirname(file), mode)
  writeFileFor(account, `${file}.new`, `${JSON.stringify(signingKeysOf(secrets))}\n`)
  renameSync(`${file}.new`, file)
  return file
}

/** The keys among the secrets; undefined where tokens are signed by a secret. */
export function signingKeysOf(secrets: Partial<TokenSecrets>): SigningKeys | undefined {
  const read = signingKeyFields.safeParse(secrets)
  return read.success ? read.data : undefined
}

/** Makes a new key to sign by; the old one stays published until its tokens have ended. Returns both. */
export async function rotateSigningKey(
  dataFolder: string,
  now: Date,
): Promise<{ before: SigningKeys; after: SigningKeys }> {
  const secrets = readSecrets(dataFolder)
  if (secrets === null)
    throw new SetupProblem(`no settings in ${dataFolder}: run npm start first, or set DATA_DIR`)
  const before = signingKeysOf(secrets)
  if (before === undefined) {
    throw new SetupProblem(
      `${dataFolder} has no key: its tokens are signed by a JWT_SECRET, or npm start has not run since an upgrade`,
    )
  }
  let after: SigningKeys
  try {
    after = await rotateKeys(before, now)
  } catch (error) {
    if (error instanceof RangeError) throw new SetupProblem(`no new key can be made: ${error.message}`)
    throw error
  }
  writeSecrets(dataFolder, { ...secrets, ...after })
  const keysFile = identityKeysFile(dataFolder)
  if (existsSync(keysFile)) {
    const owner = statSync(keysFile)
    writeIdentityKeys(dataFolder, after, owner.uid === process.getuid?.() ? undefined : owner)
  }
  return { before, after }
}

function makeSecrets(): KnownSecrets {
  return {
    adminPassword: randomSecret(),
    servicePasswords: perService(randomSecret),
  }
}

// The file is replaced as a whole, because the data is lost without these passwords.
function writeSecrets(dataFolder: string, secrets: KnownSecrets): void {
  mkdirSync(dataFolder, { recursive: true })
  const file = settingsFile(dataFolder)
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
