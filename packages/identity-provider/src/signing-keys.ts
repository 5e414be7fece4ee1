import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import type { JsonWebKey } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { z } from 'zod'

/**
 * How long a key stays published after it was replaced. No token of development lives longer, and the services read what is published
 * every 10 minutes.
 */
export const TOKEN_LIFE_MAX_SECONDS = 86_400

/** Each of them is published until its last token has ended. */
export const PREVIOUS_KEYS_MAX = 10

const previousKey = z.object({
  keyId: z.string().min(1),
  algorithm: z.enum(['RS256', 'ES256']),
  /** SPKI, PEM. */
  publicKey: z.string().startsWith('-----BEGIN PUBLIC KEY-----'),
  publishedUntil: z.iso.datetime(),
})

/** The fields of DATA_DIR/settings.json that hold the keys, by their names there. */
export const signingKeyFields = z.object({
  /** PKCS #8, PEM. */
  jwtPrivateKey: z.string().startsWith('-----BEGIN PRIVATE KEY-----'),
  jwtAlgorithm: z.enum(['RS256', 'ES256']).default('RS256'),
  jwtKeyId: z.string().min(1),
  /** Keys that no longer sign, and whose tokens have not all ended. */
  jwtPreviousKeys: z.array(previousKey).max(PREVIOUS_KEYS_MAX).default([]),
})

/** The key that signs, and those before it. */
export type SigningKeys = z.output<typeof signingKeyFields>

/** A public key as a JWKS publishes it. */
export type PublishedKey = JsonWebKey & { kid: string; alg: string; use: 'sig' }

/** Makes a key. RS256, because the services verify it for less than half of what ES256 costs them (docs/decisions/0017). */
export async function makeSigningKeys(): Promise<SigningKeys> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwtPrivateKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return {
    jwtPrivateKey,
    jwtAlgorithm: 'RS256',
    jwtKeyId: await calculateJwkThumbprint(createPublicKey(jwtPrivateKey)),
    jwtPreviousKeys: [],
  }
}

/**
 * The same with a new key to sign by. The old one stays published until its last token has ended; of it only the public half is kept.
 * Throws a RangeError where more than `PREVIOUS_KEYS_MAX` would have to be.
 */
export async function rotateKeys(keys: SigningKeys, now: Date): Promise<SigningKeys> {
  const kept = unexpired(keys, now)
  if (kept.length >= PREVIOUS_KEYS_MAX) {
    throw new RangeError(
      `${PREVIOUS_KEYS_MAX} keys before this one are still published, the oldest until ${kept[0]?.publishedUntil ?? ''}`,
    )
  }
  const retired = {
    keyId: keys.jwtKeyId,
    algorithm: keys.jwtAlgorithm,
    publicKey: createPublicKey(keys.jwtPrivateKey).export({ type: 'spki', format: 'pem' }).toString(),
    publishedUntil: new Date(now.getTime() + TOKEN_LIFE_MAX_SECONDS * 1_000).toISOString(),
  }
  return { ...(await makeSigningKeys()), jwtPreviousKeys: [...kept, retired] }
}

/** The public keys by which tokens can be verified now; that of the key that signs is the first. */
export function publishedKeys(keys: SigningKeys, now: Date): [PublishedKey, ...PublishedKey[]] {
  const previous = unexpired(keys, now).map(({ keyId, algorithm, publicKey }) =>
    published(publicKey, keyId, algorithm),
  )
  return [published(keys.jwtPrivateKey, keys.jwtKeyId, keys.jwtAlgorithm), ...previous]
}

/** The key that signs, with its private part, as a JSON Web Key. */
export function privateJwk(keys: SigningKeys): JsonWebKey & { kid: string; alg: string; use: 'sig' } {
  const jwk = createPrivateKey(keys.jwtPrivateKey).export({ format: 'jwk' })
  return { ...jwk, kid: keys.jwtKeyId, alg: keys.jwtAlgorithm, use: 'sig' }
}

function unexpired({ jwtPreviousKeys }: SigningKeys, now: Date): SigningKeys['jwtPreviousKeys'] {
  return jwtPreviousKeys.filter(({ publishedUntil }) => Date.parse(publishedUntil) > now.getTime())
}

/** The public half of a key, whichever half is given. */
function published(pem: string, kid: string, alg: string): PublishedKey {
  return { ...createPublicKey(pem).export({ format: 'jwk' }), kid, alg, use: 'sig' }
}
