import { constants, createHmac, KeyObject, timingSafeEqual, verify } from 'node:crypto'
import { decodeProtectedHeader, errors, jwtVerify, UnsecuredJWT } from 'jose'
import type { JWTHeaderParameters, JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from 'jose'

/** The claims of a bearer token. Rejects with jose's errors where its signature or a claim is not as it must be. */
export type VerifyToken = (token: string, options: JWTVerifyOptions) => Promise<JWTPayload>

/** Whether `signature` is one of `signed`. */
type CheckSignature = (signed: Buffer, signature: Buffer) => boolean

/** A token whose header asks for nothing special. */
interface PlainToken {
  header: JWTHeaderParameters
  protected: string
  payload: string
  signature: string
}

/**
 * Verifies tokens by jose, and by `node:crypto` once jose has accepted a token of the same key and algorithm, so that keys are judged by jose
 * alone, and so are claims and whatever is unusual about a token. jose asks WebCrypto, which hands each signature to a thread: of a join that
 * was a fifth of the queue service's CPU, and of a hold the reservation service's, and checking it on the spot takes less time than handing it over.
 */
export function tokenVerifier(getKey: JWTVerifyGetKey): VerifyToken {
  const checks = new WeakMap<object, Map<string, CheckSignature>>()
  return async (token, options) => {
    const plain = readPlain(token)
    if (plain === undefined || options.algorithms?.includes(plain.header.alg) === false) {
      return (await jwtVerify(token, getKey, options)).payload
    }
    let key: Awaited<ReturnType<JWTVerifyGetKey>>
    try {
      key = await getKey(plain.header, plain)
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
      return byOneOf(error, token, options)
    }
    const { alg } = plain.header
    const check = checks.get(key)?.get(alg)
    if (check !== undefined) return byCheck(check, plain, options)
    const { payload } = await jwtVerify(token, key, options)
    if (key instanceof CryptoKey && key.extractable) {
      const made = checkOf(alg, KeyObject.from(key))
      if (made !== undefined) checks.set(key, (checks.get(key) ?? new Map()).set(alg, made))
    }
    return payload
  }
}

/** Undefined where jose should see for itself. */
function readPlain(token: string): PlainToken | undefined {
  const [encodedHeader, payload, signature, ...more] = token.split('.')
  if (encodedHeader === undefined || payload === undefined || !signature || more.length > 0) return undefined
  try {
    const { alg, ...header } = decodeProtectedHeader(token)
    if (alg === undefined || 'crit' in header || 'b64' in header) return undefined
    return { header: { ...header, alg }, protected: encodedHeader, payload, signature }
  } catch {
    return undefined
  }
}

/** A provider in the middle of a rotation may publish several keys that fit a token, which names none of them. */
async function byOneOf(
  keys: errors.JWKSMultipleMatchingKeys,
  token: string,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  for await (const key of keys) {
    try {
      return (await jwtVerify(token, key, options)).payload
    } catch (cause) {
      if (!(cause instanceof errors.JWSSignatureVerificationFailed)) throw cause
    }
  }
  throw new errors.JWSSignatureVerificationFailed()
}

// The header of a token without a signature, in whose form jose looks at claims alone.
const UNSIGNED = Buffer.from('{"alg":"none"}').toString('base64url')

function byCheck(check: CheckSignature, token: PlainToken, options: JWTVerifyOptions): JWTPayload {
  const signature = Buffer.from(token.signature, 'base64url')
  // Node passes over what does not belong into base64url.
  if (signature.toString('base64url') !== token.signature) throw new errors.JWSInvalid('signature')
  if (!check(Buffer.from(`${token.protected}.${token.payload}`), signature)) {
    throw new errors.JWSSignatureVerificationFailed()
  }
  return UnsecuredJWT.decode(`${UNSIGNED}.${token.payload}.`, options).payload
}

/** Undefined for algorithms that jose goes on checking. */
function checkOf(alg: string, key: KeyObject): CheckSignature | undefined {
  const bits = alg.slice(2)
  switch (alg) {
    case 'HS256':
      return (signed, signature) => {
        const expected = createHmac('sha256', key).update(signed).digest()
        return expected.length === signature.length && timingSafeEqual(expected, signature)
      }
    case 'RS256':
    case 'RS384':
    case 'RS512':
      return (signed, signature) => verify(`sha${bits}`, signed, key, signature)
    case 'PS256':
    case 'PS384':
    case 'PS512': {
      const padded = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: Number(bits) / 8 }
      return (signed, signature) => verify(`sha${bits}`, signed, padded, signature)
    }
    case 'ES256':
    case 'ES384':
    case 'ES512':
      return (signed, signature) =>
        verify(`sha${bits}`, signed, { key, dsaEncoding: 'ieee-p1363' }, signature)
    case 'EdDSA':
      return (signed, signature) => verify(null, signed, key, signature)
    default:
      return undefined
  }
}
