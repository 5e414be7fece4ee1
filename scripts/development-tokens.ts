import { createPrivateKey, createSecretKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { TOKEN_LIFE_MAX_SECONDS } from '@frontrow/identity-provider/signing-keys'
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { readConfig } from '@frontrow/service-host/config'
import { claimsOfRoles, namelessRoles, roleSettings } from '@frontrow/values/roles'
import type { Role, RoleSettings } from '@frontrow/values/roles'
import { SignJWT } from 'jose'
import { dataFolderOf, readTokenSecrets, signingKeysOf } from './up-settings.ts'
import type { TokenSecrets } from './up-settings.ts'

/** What development tokens are signed by, and the issuer and audience that they name. */
export interface DevelopmentSigner {
  algorithm: 'HS256' | 'RS256' | 'ES256'
  key: KeyObject
  /** The `kid`; a secret has none. */
  keyId?: string
  issuer: string
  audience: string
  /** Where tokens name roles, and how. */
  roles: RoleSettings
}

/**
 * The signer of a running copy: from JWT_SECRET, JWT_ISSUER and JWT_AUDIENCE, or else from what `npm start` keeps in DATA_DIR.
 * Throws a SetupProblem where there is nothing to sign by, and where such tokens would be refused.
 */
export function readSigner(env: NodeJS.ProcessEnv): DevelopmentSigner {
  const dataFolder = dataFolderOf(env)
  const kept = readTokenSecrets(dataFolder)
  // Beside JWKS_URL only npm start has development tokens accepted, and only where they are is an issuer noted.
  if (env['JWKS_URL'] && kept?.jwtIssuer === undefined) {
    throw new SetupProblem(
      'JWKS_URL is set: only tokens of that identity provider are accepted, and none can be made here',
    )
  }
  const issuer = env['JWT_ISSUER'] || kept?.jwtIssuer || 'frontrow'
  const audience = env['JWT_AUDIENCE'] || kept?.jwtAudience || 'frontrow'
  const secret = env['JWKS_URL'] ? undefined : env['JWT_SECRET']
  const roles = readConfig(roleSettings, env)
  if (secret) return { ...bySecret(secret), issuer, audience, roles }
  if (kept === null) {
    throw new SetupProblem(
      `no settings in ${dataFolder}: run npm start first, or set DATA_DIR or JWT_SECRET as it does`,
    )
  }
  return { ...signerOf(kept, env), issuer, audience }
}

/** The signer that the secrets of a data folder make; `env` has what the services read roles by. */
export function signerOf(secrets: TokenSecrets, env: NodeJS.ProcessEnv): DevelopmentSigner {
  const { jwtSecret, jwtIssuer: issuer = 'frontrow', jwtAudience: audience = 'frontrow' } = secrets
  const keys = signingKeysOf(secrets)
  const roles = readConfig(roleSettings, env)
  if (keys === undefined) {
    if (jwtSecret === undefined)
      throw new SetupProblem('the settings have neither a key nor a secret to sign by')
    return { ...bySecret(jwtSecret), issuer, audience, roles }
  }
  const { jwtAlgorithm: algorithm, jwtPrivateKey, jwtKeyId: keyId } = keys
  return { algorithm, key: createPrivateKey(jwtPrivateKey), keyId, issuer, audience, roles }
}

function bySecret(secret: string): Pick<DevelopmentSigner, 'algorithm' | 'key'> {
  return { algorithm: 'HS256', key: createSecretKey(secret, 'utf8') }
}

/** Signs a token for a user, as the identity provider would. Rejects with a SetupProblem where it could not name one of the roles. */
export async function signToken(
  signer: DevelopmentSigner,
  user: string,
  options: {
    roles?: readonly Role[]
    lifeSeconds?: number
    email?: string
    locale?: string
    phone?: string
  } = {},
): Promise<string> {
  const nowSeconds = Math.floor(Date.now() / 1_000)
  const { roles = [], email, locale, phone } = options
  const [nameless] = namelessRoles(signer.roles, roles)
  if (nameless !== undefined) {
    throw new SetupProblem(
      `ROLE_MAPPING has no name for the role ${nameless}: add a pair such as theirs=${nameless}`,
    )
  }
  const contact = { ...(email === undefined ? {} : { email }), ...(locale === undefined ? {} : { locale }) }
  const telephone = phone === undefined ? {} : { phone_number: phone, phone_number_verified: true }
  return await new SignJWT({ ...claimsOfRoles(signer.roles, roles), ...contact, ...telephone })
    .setProtectedHeader({
      alg: signer.algorithm,
      typ: 'JWT',
      ...(signer.keyId === undefined ? {} : { kid: signer.keyId }),
    })
    .setSubject(user)
    .setIssuer(signer.issuer)
    .setAudience(signer.audience)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + (options.lifeSeconds ?? TOKEN_LIFE_MAX_SECONDS))
    .sign(signer.key)
}
