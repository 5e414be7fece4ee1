import { createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, exportPKCS8, generateKeyPair, SignJWT } from 'jose'
import type { JWK } from 'jose'

/** How tokens are signed: ES256 signs fast, RS256 is what most identity providers use and what is verified fast. */
export type SigningAlgorithm = 'ES256' | 'RS256'

/** A key that tokens are signed with; as text, so that other processes can sign too. */
export interface SigningKey {
  algorithm: SigningAlgorithm
  keyId: string
  /** PKCS #8, PEM. */
  privateKey: string
}

/** Publishes the public half of a signing key, as an operator's identity provider does. */
export interface IdentityProvider {
  jwksUrl: string
  signingKey: SigningKey
  stop(): Promise<void>
}

/** Makes a key that nobody has yet; `publicKey` is what is published of it. */
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
    .setProtectedHeader({ alg: key.algorithm, kid: key.keyId })
    .sign(privateKeyOf(key))
}

/** What our services ask of a token: who, for how long (1 h), and what else is said. */
export function claimsOf(userId: string, more: Readonly<Record<string, unknown>> = {}) {
  const iat = Math.floor(Date.now() / 1_000)
  return { sub: userId, iss: 'frontrow', aud: 'frontrow', iat, exp: iat + 3_600, ...more }
}

const parsedKeys = new Map<string, KeyObject>()

// Reading the text costs more than signing with it.
function privateKeyOf({ privateKey }: SigningKey): KeyObject {
  const parsed = parsedKeys.get(privateKey) ?? createPrivateKey(privateKey)
  parsedKeys.set(privateKey, parsed)
  return parsed
}
