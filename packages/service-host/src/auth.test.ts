import { createHmac } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { SignJWT } from 'jose'
import { actingUser, claimsToBeAdmin, createAuthenticate } from './auth.ts'
import { createLogger } from './logger.ts'

const secret = 'a-secret-that-only-this-test-knows-0123456789'
const settings = {
  HOST: '127.0.0.1',
  JWT_SECRET: secret,
  JWKS_URL: undefined,
  DEVELOPMENT_JWKS: undefined,
  JWT_ISSUER: 'issuer',
  JWT_AUDIENCE: 'audience',
}
const logger = createLogger({ service: 'test', level: 'silent' })
const key = new TextEncoder().encode(secret)

function sign(
  change: { issuer?: string; audience?: string; subject?: string; exp?: string; roles?: string[] } = {},
) {
  const jwt = new SignJWT(change.roles === undefined ? {} : { roles: change.roles })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(change.issuer ?? 'issuer')
    .setAudience(change.audience ?? 'audience')
    .setSubject(change.subject ?? '101')
  return jwt.setExpirationTime(change.exp ?? '1h').sign(key)
}

/** A correctly signed token with any payload, as a careless identity provider may issue it. */
function signRaw(payload: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const body = `${part({ alg: 'HS256' })}.${part(payload)}`
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`
}

const authenticate = createAuthenticate(settings, logger)
const codeOf = (authorization: string | undefined): Promise<string> =>
  authenticate(authorization).then(
    () => 'accepted',
    (error: { code: string }) => error.code,
  )

describe('bearer tokens', () => {
  test('name the caller, by text or number, and whether they are an admin', async () => {
    expect(await authenticate(`Bearer ${await sign()}`)).toEqual({ userId: '101', isAdmin: false })
    expect(await authenticate(`bearer ${await sign({ roles: ['admin'] })}`)).toEqual({
      userId: '101',
      isAdmin: true,
    })
    const exp = Math.floor(Date.now() / 1_000) + 60
    const numbered = signRaw({ sub: 7, iss: 'issuer', aud: 'audience', exp })
    expect((await authenticate(`Bearer ${numbered}`)).userId).toBe('7')
  })

  test.each([
    ['of another issuer', { issuer: 'else' }],
    ['for another audience', { audience: 'else' }],
    ['that has expired', { exp: '-1m' }],
    ['with half a surrogate pair in its subject', { subject: '1\ud800' }],
    ['with too long a subject', { subject: 'x'.repeat(65) }],
  ])('%s are refused', async (_name, change) => {
    expect(await codeOf(`Bearer ${await sign(change)}`)).toBe('UNAUTHENTICATED')
  })

  test('that are missing, junk, unsigned, without an expiry, or signed by somebody else are refused', async () => {
    const exp = Math.floor(Date.now() / 1_000) + 60
    const good = await sign()
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${good.split('.')[1]}.`
    const withoutExpiry = signRaw({ sub: '1', iss: 'issuer', aud: 'audience' })
    const forged = `${good.slice(0, -6)}AAAAAA`
    const fraction = signRaw({ sub: 1.5, iss: 'issuer', aud: 'audience', exp })
    for (const token of [unsigned, withoutExpiry, forged, fraction, 'junk', `${good} x`]) {
      expect(await codeOf(`Bearer ${token}`)).toBe('UNAUTHENTICATED')
    }
    expect(await codeOf(undefined)).toBe('UNAUTHENTICATED')
    expect(await codeOf(`Basic ${good}`)).toBe('UNAUTHENTICATED')
  })

  test('are not remembered past their expiry', async () => {
    let now = Date.now()
    const authenticateWithClock = createAuthenticate(settings, logger, () => now)
    const exp = Math.floor(now / 1_000) + 10
    const token = `Bearer ${signRaw({ sub: '1', iss: 'issuer', aud: 'audience', exp })}`
    expect((await authenticateWithClock(token)).userId).toBe('1')
    now += 20_000
    await expect(authenticateWithClock(token)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: 'the token has expired',
    })
  })
})

describe('the user a request is about', () => {
  const fan = { userId: '1', isAdmin: false }
  test('is the caller, or whomever an admin names', () => {
    expect(actingUser(fan, undefined)).toBe('1')
    expect(actingUser(fan, '1')).toBe('1')
    expect(actingUser({ userId: '9', isAdmin: true }, '1')).toBe('1')
    expect(() => actingUser(fan, '2')).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }))
  })
})

describe('who claims to be an admin', () => {
  const tokenOf = (claims: object): string =>
    `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2lnbmF0dXJl`

  test.each([
    ['an admin', `Bearer ${tokenOf({ roles: ['admin'] })}`, true],
    ['an admin in small letters', `bearer ${tokenOf({ roles: ['staff', 'admin'] })}`, true],
    ['a fan', `Bearer ${tokenOf({ sub: '101' })}`, false],
    ['a fan with another role', `Bearer ${tokenOf({ roles: ['administrator'] })}`, false],
    ['roles that are no list', `Bearer ${tokenOf({ roles: 'admin' })}`, false],
    ['nobody', undefined, false],
    ['another scheme', `Basic ${tokenOf({ roles: ['admin'] })}`, false],
    ['no token', 'Bearer nonsense', false],
    ['a token that is no JSON', 'Bearer e30.bm9uc2Vuc2U.c2ln', false],
  ])('%s', (_who, authorization, does) => {
    expect(claimsToBeAdmin(authorization)).toBe(does)
  })
})
