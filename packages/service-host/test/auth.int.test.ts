import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  claimsOf,
  makeSigningKey,
  signClaims,
  startIdentityProvider,
} from '@frontrow/test-kit/identity-provider'
import type { IdentityProvider, SigningAlgorithm } from '@frontrow/test-kit/identity-provider'
import { eventually } from '@frontrow/test-kit/eventually'
import { createAuthenticate } from '../src/auth.ts'
import type { AuthSettings } from '../src/auth.ts'
import { createLogger } from '../src/logger.ts'
import { tokenKeys } from '../src/token-keys.ts'

const logger = createLogger({ service: 'test', level: 'silent' })
const SECRET = 'a-secret-that-only-this-test-knows-0123456789'

function settingsFor(change: Partial<AuthSettings>): AuthSettings {
  return {
    HOST: '127.0.0.1',
    JWKS_URL: undefined,
    JWT_SECRET: undefined,
    DEVELOPMENT_JWKS: undefined,
    JWT_ISSUER: 'frontrow',
    JWT_AUDIENCE: 'frontrow',
    JWT_ALGORITHMS: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    JWT_CLOCK_SKEW_SECONDS: 5,
    ROLES_CLAIM: 'roles',
    ...change,
  }
}

async function outcome(settings: AuthSettings, token: string): Promise<string> {
  return createAuthenticate(
    settings,
    logger,
  )(`Bearer ${token}`).then(
    ({ userId }) => userId,
    (error: { code: string }) => error.code,
  )
}

function signedBySecret(secret: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg: 'HS256', kid: 'ES256-test-key' })}.${part(claimsOf('101'))}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

let providers: Record<SigningAlgorithm, IdentityProvider>

beforeAll(async () => {
  providers = { ES256: await startIdentityProvider('ES256'), RS256: await startIdentityProvider('RS256') }
})

afterAll(async () => {
  await providers.ES256.stop()
  await providers.RS256.stop()
})

describe('tokens of an identity provider', () => {
  test.each(['ES256', 'RS256'] as const)('are verified with its published key (%s)', async (algorithm) => {
    const { jwksUrl, signingKey } = providers[algorithm]
    const token = await signClaims(signingKey, claimsOf('101'))
    expect(await outcome(settingsFor({ JWKS_URL: jwksUrl }), token)).toBe('101')
  })

  test('that name a key it does not have, or that another key has signed, are refused', async () => {
    const settings = settingsFor({ JWKS_URL: providers.ES256.jwksUrl })
    const unknown = await signClaims(providers.RS256.signingKey, claimsOf('101'))
    expect(await outcome(settings, unknown)).toBe('UNAUTHENTICATED')
    const { signingKey: stranger } = await makeSigningKey('ES256')
    expect(await outcome(settings, await signClaims(stranger, claimsOf('101')))).toBe('UNAUTHENTICATED')
  })

  test('are answered with "try again", and not refused, while its keys can’t be read', async () => {
    const provider = await startIdentityProvider('ES256')
    await provider.stop()
    const token = await signClaims(provider.signingKey, claimsOf('101'))
    expect(await outcome(settingsFor({ JWKS_URL: provider.jwksUrl }), token)).toBe('UNAVAILABLE')
  })

  test('are answered with "try again" when the provider answers with a failure or with nonsense', async () => {
    for (const [status, body] of [
      [500, '{}'],
      [200, 'no JSON'],
      [200, '{"keys":"none"}'],
    ] as const) {
      const broken = createServer((_request, response) => response.writeHead(status).end(body))
      await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve))
      const address = broken.address()
      const port = typeof address === 'object' ? address?.port : undefined
      const token = await signClaims(providers.ES256.signingKey, claimsOf('101'))
      expect(await outcome(settingsFor({ JWKS_URL: `http://127.0.0.1:${port}/` }), token)).toBe('UNAVAILABLE')
      broken.closeAllConnections()
      broken.close()
    }
  })
})

const closers: (() => void)[] = []

afterAll(() => {
  for (const close of closers) close()
})

/** A provider whose published keys are changed while it runs. */
async function rotatingProvider() {
  const [first, second] = [await makeSigningKey('ES256'), await makeSigningKey('ES256')]
  const state: { keys: object[]; reads: number; isBroken: boolean } = {
    keys: [first.publicKey],
    reads: 0,
    isBroken: false,
  }
  const server = createServer((_request, response) => {
    state.reads += 1
    response.statusCode = state.isBroken ? 500 : 200
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify({ keys: state.keys }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const url = `http://127.0.0.1:${port}/`
  const authenticate = createAuthenticate(settingsFor({ JWKS_URL: url }), logger)
  const ask = async ({ signingKey }: typeof first, userId: string): Promise<string> =>
    authenticate(`Bearer ${await signClaims(signingKey, claimsOf(userId))}`).then(
      (caller) => caller.userId,
      (error: { code: string }) => error.code,
    )
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  closers.push(close)
  return { first, second, state, ask, close, url }
}

describe('keys that change', () => {
  test('a token with a key that is not published yet is asked for again, and never signs its user out', async () => {
    const { first, second, state, ask, close } = await rotatingProvider()
    expect(await ask(first, '1')).toBe('1')
    const renamed = { ...second, signingKey: { ...second.signingKey, keyId: 'second' } }
    expect(await ask(renamed, '2')).toBe('UNAVAILABLE')
    state.keys = [first.publicKey, { ...second.publicKey, kid: 'second' }]
    await eventually(async () => expect(await ask(renamed, '2')).toBe('2'))
    expect(await ask(first, '3')).toBe('3')
    expect(state.reads).toBeLessThanOrEqual(3)
    close()
  })

  test('of several keys that fit a token each is tried', async () => {
    const { first, second, state, ask, close } = await rotatingProvider()
    state.keys = [first.publicKey, second.publicKey]
    expect([await ask(first, '1'), await ask(second, '2')]).toEqual(['1', '2'])
    expect(await ask(await makeSigningKey('ES256'), '3')).toBe('UNAUTHENTICATED')
    close()
  })

  test('known keys go on serving while the provider is away, and a token with another key costs it one question', async () => {
    const { first, second, state, ask, close } = await rotatingProvider()
    expect(await ask(first, '1')).toBe('1')
    close()
    expect(await ask(first, '2')).toBe('2')
    const renamed = { ...second, signingKey: { ...second.signingKey, keyId: 'second' } }
    expect(await Promise.all(['3', '4', '5'].map((userId) => ask(renamed, userId)))).toEqual(
      Array.from({ length: 3 }, () => 'UNAVAILABLE'),
    )
    expect(state.reads).toBe(1)
  })

  test('a token that names no key is accepted by a known one, also when the keys could not be read just now', async () => {
    const { first, second, state, ask, close } = await rotatingProvider()
    expect(await ask(first, '1')).toBe('1')
    state.isBroken = true
    const renamed = { ...second, signingKey: { ...second.signingKey, keyId: 'second' } }
    await eventually(async () => {
      expect(await ask(renamed, '2')).toBe('UNAVAILABLE')
      expect(state.reads).toBe(2)
    })
    const { keyId: _none, ...nameless } = first.signingKey
    expect(await ask({ ...first, signingKey: nameless }, '3')).toBe('3')
    expect(await ask(renamed, '4')).toBe('UNAVAILABLE')
    expect(state.reads).toBe(2)
    close()
  })

  test('an empty list of keys is no answer', async () => {
    const { first, state, ask, close } = await rotatingProvider()
    state.keys = []
    expect(await ask(first, '1')).toBe('UNAVAILABLE')
    close()
  })
})

describe('tokens signed with a secret', () => {
  const ours = signedBySecret(SECRET)

  test('are refused when JWKS_URL is set, whatever JWT_SECRET is', async () => {
    const settings = settingsFor({ JWKS_URL: providers.ES256.jwksUrl, JWT_SECRET: SECRET })
    expect(await outcome(settings, ours)).toBe('UNAUTHENTICATED')
  })
})

describe('keys of development', () => {
  const own = async () => {
    const { signingKey, publicKey } = await makeSigningKey('RS256')
    const named = { ...signingKey, keyId: 'our own' }
    return { key: named, jwks: { keys: [{ ...publicKey, kty: 'RSA', kid: 'our own' }] } }
  }

  test('are accepted beside those of the provider, each for the tokens that name it', async () => {
    const { key, jwks } = await own()
    const settings = settingsFor({ JWKS_URL: providers.ES256.jwksUrl, DEVELOPMENT_JWKS: jwks })
    expect(await outcome(settings, await signClaims(key, claimsOf('101')))).toBe('101')
    expect(await outcome(settings, await signClaims(providers.ES256.signingKey, claimsOf('7')))).toBe('7')
    const { key: stranger } = await own()
    expect(await outcome(settings, await signClaims(stranger, claimsOf('101')))).toBe('UNAUTHENTICATED')
  })

  test('are not accepted by a service that others can reach', async () => {
    const { jwks } = await own()
    const settings = { JWKS_URL: providers.ES256.jwksUrl, DEVELOPMENT_JWKS: jwks, HOST: '0.0.0.0' }
    expect(() => createAuthenticate(settingsFor(settings), logger)).toThrow(/only where HOST is 127.0.0.1/)
  })

  test('are not accepted without a provider', async () => {
    const { jwks } = await own()
    const settings = settingsFor({ JWT_SECRET: SECRET, DEVELOPMENT_JWKS: jwks })
    expect(() => createAuthenticate(settings, logger)).toThrow(
      /DEVELOPMENT_JWKS is taken only beside JWKS_URL/,
    )
  })

  test('are accepted while the provider is away, and the service is ready', async () => {
    const provider = await startIdentityProvider('ES256')
    await provider.stop()
    const { key, jwks } = await own()
    const settings = settingsFor({ JWKS_URL: provider.jwksUrl, DEVELOPMENT_JWKS: jwks })
    expect(await outcome(settings, await signClaims(key, claimsOf('101')))).toBe('101')
    expect(await tokenKeys(settings, logger).whyNotReady()).toBeNull()
  })
})

test('a service is not ready before it has read the keys, and stays ready when the provider goes away', async () => {
  const { state, close, url } = await rotatingProvider()
  state.isBroken = true
  const keys = tokenKeys(settingsFor({ JWKS_URL: url }), logger)
  // At once, because the next reading may begin half a second later.
  for (const why of await Promise.all([keys.whyNotReady(), keys.whyNotReady()]))
    expect(why).toMatch(/keys have not been read yet/)
  expect(state.reads).toBe(1)
  state.isBroken = false
  await eventually(async () => expect(await keys.whyNotReady()).toBeNull())
  close()
  expect(await keys.whyNotReady()).toBeNull()
})

test('a provider that publishes no keys is told apart from one that can not be read', async () => {
  const { first, state, url, close } = await rotatingProvider()
  state.keys = []
  const keys = tokenKeys(settingsFor({ JWKS_URL: url }), logger)
  expect(await keys.whyNotReady()).toBe('the identity provider publishes no keys')
  state.keys = [first.publicKey]
  await eventually(async () => expect(await keys.whyNotReady()).toBeNull())
  close()
})
