import { createHmac } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { SignJWT } from 'jose'
import { actingUser, claimsToBeStaff, createAuthenticate } from './auth.ts'
import { createLogger } from './logger.ts'

const secret = 'a-secret-that-only-this-test-knows-0123456789'
const settings = {
  HOST: '127.0.0.1',
  JWT_SECRET: secret,
  JWKS_URL: undefined,
  DEVELOPMENT_JWKS: undefined,
  JWT_ISSUER: 'issuer',
  JWT_AUDIENCE: 'audience',
  JWT_ALGORITHMS: ['RS256' as const],
  JWT_CLOCK_SKEW_SECONDS: 5,
  ROLES_CLAIM: 'roles',
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
  test('name the caller, by text or number, and their roles', async () => {
    expect(await authenticate(`Bearer ${await sign()}`)).toEqual({
      userId: '101',
      roles: [],
      actsForAnybody: false,
    })
    expect(await authenticate(`bearer ${await sign({ roles: ['admin'] })}`)).toEqual({
      userId: '101',
      roles: ['admin'],
      actsForAnybody: true,
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

describe('the claims of a token', () => {
  const nowSeconds = 2_000_000_000
  const at = createAuthenticate({ ...settings, JWT_CLOCK_SKEW_SECONDS: 30 }, logger, () => nowSeconds * 1_000)
  const good = { sub: '1', iss: 'issuer', aud: 'audience', exp: nowSeconds + 60 }
  const answer = (claims: object): Promise<string> =>
    at(`Bearer ${signRaw({ ...good, ...claims })}`).then(
      () => 'accepted',
      (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
    )

  test.each([
    ['within the skew after exp', { exp: nowSeconds - 29 }, 'accepted'],
    ['past the skew after exp', { exp: nowSeconds - 31 }, 'UNAUTHENTICATED: the token has expired'],
    ['within the skew before nbf', { nbf: nowSeconds + 30 }, 'accepted'],
    ['for one of several audiences', { aud: ['else', 'audience'] }, 'accepted'],
  ])('%s: %#', async (_name, claims, expected) => {
    expect(await answer(claims)).toBe(expected)
  })

  test.each([
    ['nbf', { nbf: nowSeconds + 31 }],
    ['nbf', { nbf: 'tomorrow' }],
    ['exp', { exp: 'never' }],
    ['exp', { exp: undefined }],
    ['iss', { iss: 'else' }],
    ['iss', { iss: undefined }],
    ['aud', { aud: ['else'] }],
    ['aud', { aud: undefined }],
  ])('that are wrong are named: %s %j', async (claim, claims) => {
    expect(await answer(claims)).toContain(`UNAUTHENTICATED: the token's claim ${claim} is not valid`)
  })
})

describe('the user a request is about', () => {
  const fan = { userId: '1', roles: [], actsForAnybody: false }
  test('is the caller, or whomever an admin names', () => {
    expect(actingUser(fan, undefined)).toBe('1')
    expect(actingUser(fan, '1')).toBe('1')
    expect(actingUser({ userId: '9', roles: ['admin'], actsForAnybody: true }, '1')).toBe('1')
    expect(() => actingUser(fan, '2')).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }))
  })
})

describe('who claims to be of the staff', () => {
  const tokenOf = (claims: object): string =>
    `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2lnbmF0dXJl`

  test.each([
    ['an admin', `Bearer ${tokenOf({ roles: ['admin'] })}`, true],
    ['an admin in small letters', `bearer ${tokenOf({ roles: ['staff', 'admin'] })}`, true],
    ['a fan', `Bearer ${tokenOf({ sub: '101' })}`, false],
    ['a door', `Bearer ${tokenOf({ roles: ['door'] })}`, true],
    ['a fan with another role', `Bearer ${tokenOf({ roles: ['administrator'] })}`, false],
    ['roles that are no list', `Bearer ${tokenOf({ roles: 'admin' })}`, false],
    ['nobody', undefined, false],
    ['another scheme', `Basic ${tokenOf({ roles: ['admin'] })}`, false],
    ['no token', 'Bearer nonsense', false],
    ['a token that is no JSON', 'Bearer e30.bm9uc2Vuc2U.c2ln', false],
  ])('%s', (_who, authorization, does) => {
    expect(claimsToBeStaff(settings)(authorization)).toBe(does)
  })
})
