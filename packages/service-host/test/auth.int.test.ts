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
import { rotatingProvider as startRotatingProvider, settingsFor } from './rotating-provider.ts'

const logger = createLogger({ service: 'test', level: 'silent' })
const SECRET = 'a-secret-that-only-this-test-knows-0123456789'

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

async function rotatingProvider() {
  const provider = await startRotatingProvider(logger)
  closers.push(provider.close)
  return provider
}

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
