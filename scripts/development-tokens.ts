import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { SignJWT } from 'jose'
import { dataFolderOf, readSecrets } from './up-settings.ts'

/** The secret that development tokens are signed with, and the issuer and audience that they name. */
export interface DevelopmentSigner {
  secret: string
  issuer: string
  audience: string
}

/** The lifetime where no other is asked for. */
const LIFETIME_SECONDS = 86_400

/**
 * The signer of a running copy: from JWT_SECRET, JWT_ISSUER and JWT_AUDIENCE, or else from what `npm start` keeps in DATA_DIR.
 * Throws a SetupProblem where there is no secret, and where such tokens would be refused.
 */
export function readSigner(env: NodeJS.ProcessEnv): DevelopmentSigner {
  const dataFolder = dataFolderOf(env)
  const kept = readSecrets(dataFolder)
  // Beside JWKS_URL only npm start has development tokens accepted, and only npm start notes an issuer.
  if (env['JWKS_URL'] && kept?.jwtIssuer === undefined) {
    throw new SetupProblem(
      'JWKS_URL is set: only tokens of that identity provider are accepted, and none can be made here',
    )
  }
  const secret = env['JWT_SECRET'] || kept?.jwtSecret
  if (secret === undefined) {
    throw new SetupProblem(
      `no settings in ${dataFolder}: run npm start first, or set DATA_DIR or JWT_SECRET as it does`,
    )
  }
  return {
    secret,
    issuer: env['JWT_ISSUER'] || kept?.jwtIssuer || 'frontrow',
    audience: env['JWT_AUDIENCE'] || kept?.jwtAudience || 'frontrow',
  }
}

/** Signs a token for a user, as the identity provider would. */
export function signToken(
  signer: DevelopmentSigner,
  user: string,
  options: { roles?: readonly string[]; lifeSeconds?: number; email?: string; locale?: string } = {},
): Promise<string> {
  const nowSeconds = Math.floor(Date.now() / 1_000)
  const { roles = [], email, locale } = options
  const contact = { ...(email === undefined ? {} : { email }), ...(locale === undefined ? {} : { locale }) }
  return new SignJWT({ roles, ...contact })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(user)
    .setIssuer(signer.issuer)
    .setAudience(signer.audience)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + (options.lifeSeconds ?? LIFETIME_SECONDS))
    .sign(new TextEncoder().encode(signer.secret))
}

/** The address of a user of the demo, in a domain that no mail ever reaches; none where their id would make no address. */
export function demoContact(user: string): { email?: string } {
  return /^[A-Za-z0-9_-]{1,48}$/.test(user) ? { email: `fan-${user}@frontrow.example` } : {}
}
