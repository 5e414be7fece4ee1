import { createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, exportPKCS8, generateKeyPair, SignJWT } from 'jose'
import type { JWK } from 'jose'

/** How tokens are signed: ES256 is fast to sign; RS256 is fast to verify, and most identity providers use it. */
export type SigningAlgorithm = 'ES256' | 'RS256'

/** A key that signs tokens. It is text, so that it can be handed to other processes. */
export interface SigningKey {
  algorithm: SigningAlgorithm
  /** Its `kid`; without one, tokens do not say which key has signed them. */
  keyId?: string
  /** PKCS #8, PEM. */
  privateKey: string
}

/** Publishes the public half of a signing key, as an operator's identity provider does. */
export interface IdentityProvider {
  jwksUrl: string
  signingKey: SigningKey
  stop(): Promise<void>
}

/** Makes a new key; `publicKey` is the half that the JWKS publishes. */
export async function makeSigningKey(
  algorithm: SigningAlgorithm,
): Promise<{ signingKey: SigningKey; publicKey: JWK }> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const keyId = `${algorithm}-test-key`
  return {
    signingKey: { algorithm, keyId, privateKey: await exportPKCS8(privateKey) },
    publicKey: { ...(await exportJWK(publicKey)), kid: keyId, alg: algorithm, use: 'sig' },
  }
}

/** Makes a key and publishes it on a free port. */
export async function startIdentityProvider(algorithm: SigningAlgorithm): Promise<IdentityProvider> {
  const { signingKey, publicKey } = await makeSigningKey(algorithm)
  const jwks = JSON.stringify({ keys: [publicKey] })
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'application/json')
    response.end(jwks)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    jwksUrl: `http://127.0.0.1:${portOf(server.address())}/jwks.json`,
    signingKey,
    stop: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function portOf(address: AddressInfo | string | null): number {
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  return address.port
}

/** A token with these claims, as the identity provider would sign it. */
export function signClaims(key: SigningKey, claims: Readonly<Record<string, unknown>>): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: key.algorithm, ...(key.keyId === undefined ? {} : { kid: key.keyId }) })
    .sign(privateKeyOf(key))
}

/** The claims that our services require of a token, valid for 1 h; `changes` adds claims or replaces them. */
export function claimsOf(userId: string, changes: Readonly<Record<string, unknown>> = {}) {
  const iat = Math.floor(Date.now() / 1_000)
  return { sub: userId, iss: 'frontrow', aud: 'frontrow', iat, exp: iat + 3_600, ...changes }
}

const parsedKeys = new Map<string, KeyObject>()

// Parsed keys are kept, because parsing the text costs more than signing.
function privateKeyOf({ privateKey }: SigningKey): KeyObject {
  const parsed = parsedKeys.get(privateKey) ?? createPrivateKey(privateKey)
  parsedKeys.set(privateKey, parsed)
  return parsed
}
