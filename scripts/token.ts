/** Prints a JWT for development, as the identity provider would issue it: npm run token -- --user 101 [--admin] */
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { SignJWT } from 'jose'
import { z } from 'zod'
import { explainUsage, option, optionLines, readCommandLine, text } from './command-line.ts'
import { dataFolderOf, readSecrets } from './up-settings.ts'

const LIFETIME = '24h'
const USER_ID_CHARS_MAX = 64

const userId = text(
  `must be 1 to ${USER_ID_CHARS_MAX} characters`,
  ({ length }) => length > 0 && length <= USER_ID_CHARS_MAX,
)
const tokenOptions = z.object({
  user: option(userId, '101', 'whose token it is'),
  admin: option(z.boolean().default(false), '', 'gives it the role admin'),
})
const usage = `npm run token -- --user 101 [--admin]\n\n${optionLines(tokenOptions)}`

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

async function main(argv: readonly string[]): Promise<number> {
  const line = readCommandLine(argv, tokenOptions)
  if (line.kind !== 'values') return explainUsage('token', line, usage)
  const { user, admin } = line.values
  process.stdout.write(`${await signToken(readSecret(), user, { admin })}\n`)
  return 0
}

if (import.meta.main) {
  try {
    process.exitCode = await main(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof SetupProblem)) throw error
    process.stderr.write(`token: ${error.message}\n`)
    process.exitCode = 1
  }
}
