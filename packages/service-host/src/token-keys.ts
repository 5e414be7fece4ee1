import { createSecretKey } from 'node:crypto'
import type { webcrypto } from 'node:crypto'
import { createLocalJWKSet } from 'jose'
import type { JWTVerifyGetKey } from 'jose'
import type { HostSettings } from './config.ts'
import type { Logger } from './logger.ts'
import { publishedKeys } from './published-keys.ts'

/** The keys by which bearer tokens are verified. */
export interface TokenKeys {
  /** What a token may be signed with. */
  readonly algorithms: string[]
  readonly getKey: JWTVerifyGetKey
  /** Null once there are keys, and from then on; else why no token can be verified yet. It reads them where they were not read. */
  whyNotReady(): Promise<string | null>
}

/** The settings that name the keys. */
type KeySettings = Pick<
  HostSettings,
  'HOST' | 'JWT_SECRET' | 'JWKS_URL' | 'JWT_ALGORITHMS' | 'DEVELOPMENT_JWKS'
>

const LOOPBACK = '127.0.0.1'

const WHY_NOT = {
  known: null,
  unread: "the identity provider's keys have not been read yet",
  none: 'the identity provider publishes no keys',
}

/** Takes the keys of one algorithm from one source only, so that a public key can't be passed off as a secret. */
export function tokenKeys(settings: KeySettings, logger: Logger): TokenKeys {
  const { JWKS_URL, JWT_SECRET, JWT_ALGORITHMS: algorithms, DEVELOPMENT_JWKS } = settings
  if (JWKS_URL === undefined) {
    if (DEVELOPMENT_JWKS !== undefined) throw new Error('DEVELOPMENT_JWKS is taken only beside JWKS_URL')
    if (JWT_SECRET === undefined) throw new Error('set JWKS_URL or JWT_SECRET')
    const secret = hmacKey(JWT_SECRET)
    return { algorithms: ['HS256'], getKey: () => secret, whyNotReady: () => Promise.resolve(null) }
  }
  const { getKey, read } = publishedKeys(JWKS_URL, logger)
  if (DEVELOPMENT_JWKS === undefined)
    return { algorithms, getKey, whyNotReady: async () => WHY_NOT[await read()] }
  return {
    algorithms,
    getKey: withOwnKeys(settings.HOST, DEVELOPMENT_JWKS, getKey),
    // There are keys that need not be read.
    whyNotReady: () => Promise.resolve(null),
  }
}

/** A token that names a key of ours is verified by it, every other one by what the provider publishes. */
function withOwnKeys(
  host: string,
  own: NonNullable<KeySettings['DEVELOPMENT_JWKS']>,
  published: JWTVerifyGetKey,
): JWTVerifyGetKey {
  // In an installation that others can reach, a forgotten key of development would let anybody in who has its other half.
  if (host !== LOOPBACK) throw new Error(`DEVELOPMENT_JWKS is taken only where HOST is ${LOOPBACK}`)
  const names = new Set(own.keys.map(({ kid }) => kid))
  const getOwnKey = createLocalJWKSet(own)
  return (header, token) =>
    header.kid !== undefined && names.has(header.kid) ? getOwnKey(header, token) : published(header, token)
}

/** In the form that jose works with. It would make this of any other form again for each token. Extractable, so that `node:crypto` takes it too. */
function hmacKey(secret: string): webcrypto.CryptoKey {
  return createSecretKey(secret, 'utf8').toCryptoKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['verify'])
}
