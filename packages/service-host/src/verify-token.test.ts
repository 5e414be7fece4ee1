import { createPublicKey, createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { createLocalJWKSet, exportJWK, SignJWT } from 'jose'
import type { JWTVerifyGetKey } from 'jose'
import { tokenVerifier } from './verify-token.ts'
import type { VerifyToken } from './verify-token.ts'

interface Signer {
  verify: VerifyToken
  sign: (subject: string, header?: { alg?: string; crit?: string[]; known?: boolean }) => Promise<string>
}

// Such keys take a while to make, so all tests share two.
const rsaKeys = [1, 2].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)
const rsa = (which: number): KeyObject | undefined => rsaKeys[which]
const ec = (namedCurve: string) => (): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey
const KEYS: Readonly<Record<string, (which: number) => KeyObject | undefined>> = {
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
  ES256: ec('P-256'),
  ES384: ec('P-384'),
  ES512: ec('P-521'),
  EdDSA: () => generateKeyPairSync('ed25519').privateKey,
}
const options = (algorithms: string[]) => ({
  algorithms,
  issuer: 'issuer',
  audience: 'audience',
  requiredClaims: ['sub', 'exp'],
})

function signerOf(alg: string, key: KeyObject, getKey: JWTVerifyGetKey): Signer {
  return {
    verify: tokenVerifier(getKey),
    sign: (subject, header = {}) =>
      new SignJWT({ known: 'yes' })
        .setProtectedHeader({ alg, kid: 'one', ...header })
        .setSubject(subject)
        .setIssuer('issuer')
        .setAudience('audience')
        .setExpirationTime(subject === 'late' ? '-1m' : '1h')
        .sign(key, header.crit === undefined ? {} : { crit: { known: true } }),
  }
}

async function signerFor(alg: string, which = 0): Promise<Signer> {
  const key = KEYS[alg]?.(which)
  if (key === undefined) {
    const secret = createSecretKey(randomBytes(32))
    const checkedBy = secret.toCryptoKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['verify'])
    return signerOf(alg, secret, () => checkedBy)
  }
  const published = { ...(await exportJWK(createPublicKey(key))), kid: 'one' }
  return signerOf(alg, key, createLocalJWKSet({ keys: [published] }))
}

describe.each(['HS256', ...Object.keys(KEYS)])('tokens signed by %s', (alg) => {
  test('are accepted, and refused with another signature, claim or form, the first of a key and all others', async () => {
    const { verify, sign } = await signerFor(alg)
    const other = await signerFor(alg, 1)
    for (const turn of ['1', '2', '3']) {
      const good = await sign(turn)
      expect(await verify(good, options([alg]))).toMatchObject({ sub: turn })
      const [header, , signature] = good.split('.')
      const foreign = `${header}.${(await sign('9')).split('.')[1]}.${signature}`
      for (const forged of [await other.sign(turn), foreign]) {
        await expect(verify(forged, options([alg]))).rejects.toMatchObject({
          code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
        })
      }
      await expect(verify(await sign('late'), options([alg]))).rejects.toMatchObject({
        code: 'ERR_JWT_EXPIRED',
      })
      await expect(verify(good, { ...options([alg]), audience: 'else' })).rejects.toMatchObject({
        code: 'ERR_JWT_CLAIM_VALIDATION_FAILED',
      })
      for (const odd of [`${good}==`, `${good}.`, `${header}..${signature}`, good.slice(0, -4)]) {
        await expect(verify(odd, options([alg]))).rejects.toMatchObject({ name: expect.stringMatching(/^J/) })
      }
    }
  })

  test('are refused where the algorithm is not allowed, or something critical is not known', async () => {
    const { verify, sign } = await signerFor(alg)
    await verify(await sign('1'), options([alg]))
    const critical = await sign('1', { crit: ['known'], known: true })
    await expect(verify(critical, options([alg]))).rejects.toMatchObject({ code: 'ERR_JOSE_NOT_SUPPORTED' })
    await expect(verify(await sign('1'), options(['none of ours']))).rejects.toMatchObject({
      code: 'ERR_JOSE_ALG_NOT_ALLOWED',
    })
  })
})
