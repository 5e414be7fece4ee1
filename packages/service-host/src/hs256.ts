import { createHmac, timingSafeEqual } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { errors, UnsecuredJWT } from 'jose'
import type { JWTClaimVerificationOptions, JWTPayload } from 'jose'

const UNSECURED_HEADER = Buffer.from('{"alg":"none"}').toString('base64url')

/**
 * Verifies an HS256 token (RFC 7515, RFC 7519) and returns its claims; throws what jose's jwtVerify throws. That one works
 * through WebCrypto, which hands each signature to another thread: 29 % of a join's CPU in the service went there.
 * Only the header and the signature are checked by us; the claims are read and checked by jose.
 */
export function verifyHs256(token: string, key: KeyObject, claims: JWTClaimVerificationOptions): JWTPayload {
  const [header = '', payload = '', signature = '', ...rest] = token.split('.')
  if (signature === '' || rest.length > 0) throw new errors.JWSInvalid('not a signed token of three parts')
  requireHs256(header)
  const expected = Buffer.from(createHmac('sha256', key).update(`${header}.${payload}`).digest('base64url'))
  const given = Buffer.from(signature)
  // Compared as text, so that a signature has one spelling.
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new errors.JWSSignatureVerificationFailed()
  }
  return UnsecuredJWT.decode(`${UNSECURED_HEADER}.${payload}.`, claims).payload
}

function requireHs256(header: string): void {
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(header, 'base64url').toString())
  } catch (cause) {
    throw new errors.JWSInvalid('the header is not JSON', { cause })
  }
  if (typeof parsed !== 'object' || parsed === null)
    throw new errors.JWSInvalid('the header is no JSON object')
  if (!('alg' in parsed) || parsed.alg !== 'HS256') {
    throw new errors.JOSEAlgNotAllowed('the header does not say alg: HS256')
  }
  // Extensions that a reader has to understand: we understand none.
  if ('crit' in parsed) throw new errors.JOSENotSupported('the header has critical extensions')
}
