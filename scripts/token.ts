/** Prints a JWT for development, as the identity provider would issue it: npm run token -- --user 101 [--admin] */
import { parseArgs } from 'node:util'
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { SignJWT } from 'jose'
import { dataFolderOf, readSecrets } from './up-settings.ts'

const LIFETIME = '24h'
const USER_ID_CHARS_MAX = 64
const USAGE = 'npm run token -- --user 101 [--admin]'

/** Signs a token for a user with the shared secret of the services. */
export function signToken(secret: string, user: string, options: { admin?: boolean } = {}): Promise<string> {
  return new SignJWT({ roles: options.admin === true ? ['admin'] : [] })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(user)
    .setIssuer(process.env['JWT_ISSUER'] ?? 'frontrow')
    .setAudience(process.env['JWT_AUDIENCE'] ?? 'frontrow')
    .setIssuedAt()
    .setExpirationTime(LIFETIME)
    .sign(new TextEncoder().encode(secret))
}

function readArguments(args: string[]): { user: string; admin: boolean } {
  try {
    const { values } = parseArgs({ args, options: { user: { type: 'string' }, admin: { type: 'boolean' } } })
    const user = values.user ?? ''
    if (user !== '' && user.length <= USER_ID_CHARS_MAX) return { user, admin: values.admin ?? false }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new SetupProblem(`${error.message.split('.')[0]}. Usage: ${USAGE}`)
  }
  throw new SetupProblem(`--user must be 1 to ${USER_ID_CHARS_MAX} characters. Usage: ${USAGE}`)
}

function readSecret(): string {
  const given = process.env['JWT_SECRET']
  if (given !== undefined && given !== '') return given
  const dataFolder = dataFolderOf(process.env)
  const secret = readSecrets(dataFolder)?.jwtSecret
  if (secret !== undefined) return secret
  throw new SetupProblem(
    `no settings in ${dataFolder}: run npm start first, or set DATA_DIR or JWT_SECRET as it does`,
  )
}

if (import.meta.main) {
  try {
    const { user, admin } = readArguments(process.argv.slice(2))
    process.stdout.write(`${await signToken(readSecret(), user, { admin })}\n`)
  } catch (error) {
    if (!(error instanceof SetupProblem)) throw error
    process.stderr.write(`token: ${error.message}\n`)
    process.exitCode = 1
  }
}
