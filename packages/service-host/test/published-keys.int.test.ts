import { createHmac, createPublicKey } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { claimsOf, makeSigningKey, signClaims } from '@frontrow/test-kit/identity-provider'
import { eventually } from '@frontrow/test-kit/eventually'
import { createAuthenticate } from '../src/auth.ts'
import { createLogger } from '../src/logger.ts'
import { makeNamedKey, rotatingProvider, settingsFor } from './rotating-provider.ts'
import type { NamedKey } from './rotating-provider.ts'

const logger = createLogger({ service: 'test', level: 'silent' })
const HOUR_MS = 3_600_000
const COOL_DOWN_MS = 5_000

let provider: Awaited<ReturnType<typeof rotatingProvider>>
let next: NamedKey

// Only the date is made to jump: sockets and time limits go on as they are.
beforeEach(async () => {
  jest.useFakeTimers({
    doNotFake: [
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setInterval',
      'clearInterval',
      'setTimeout',
      'clearTimeout',
    ],
  })
  provider = await rotatingProvider(logger)
  next = await makeNamedKey('next')
})

afterEach(() => {
  provider.close()
  jest.useRealTimers()
})

const pass = (ms: number): void => {
  jest.setSystemTime(Date.now() + ms)
}

describe('keys that change', () => {
  test('a token with a key that is not published yet is asked for again, and never signs its user out', async () => {
    const { first, second, state, ask } = provider
    expect(await ask(first, '1')).toBe('1')
    const renamed = { ...second, signingKey: { ...second.signingKey, keyId: 'second' } }
    expect(await ask(renamed, '2')).toBe('UNAVAILABLE')
    state.keys = [first.publicKey, { ...second.publicKey, kid: 'second' }]
    pass(COOL_DOWN_MS)
    expect(await ask(renamed, '2')).toBe('2')
    expect(await ask(first, '3')).toBe('3')
    expect(state.reads).toBe(2)
  })

  test('of several keys that fit a token each is tried', async () => {
    const { first, second, state, ask } = provider
    state.keys = [first.publicKey, second.publicKey]
    expect([await ask(first, '1'), await ask(second, '2')]).toEqual(['1', '2'])
    expect(await ask(await makeSigningKey('ES256'), '3')).toBe('UNAUTHENTICATED')
  })

  test('known keys go on serving while the provider is away, and a token with another key costs it one question', async () => {
    const { first, second, state, ask } = provider
    expect(await ask(first, '1')).toBe('1')
    provider.close()
    expect(await ask(first, '2')).toBe('2')
    const renamed = { ...second, signingKey: { ...second.signingKey, keyId: 'second' } }
    expect(await Promise.all(['3', '4', '5'].map((userId) => ask(renamed, userId)))).toEqual(
      Array.from({ length: 3 }, () => 'UNAVAILABLE'),
    )
    expect(state.reads).toBe(1)
  })

  test('a token that names no key is accepted by a known one, also when the keys could not be read just now', async () => {
    const { first, second, state, ask } = provider
    expect(await ask(first, '1')).toBe('1')
    state.isBroken = true
    const renamed = { ...second, signingKey: { ...second.signingKey, keyId: 'second' } }
    pass(COOL_DOWN_MS)
    expect(await ask(renamed, '2')).toBe('UNAVAILABLE')
    expect(state.reads).toBe(2)
    const { keyId: _none, ...nameless } = first.signingKey
    expect(await ask({ ...first, signingKey: nameless }, '3')).toBe('3')
    expect(await ask(renamed, '4')).toBe('UNAVAILABLE')
    expect(state.reads).toBe(2)
  })

  test('an empty list of keys is no answer', async () => {
    const { first, state, ask } = provider
    state.keys = []
    expect(await ask(first, '1')).toBe('UNAVAILABLE')
  })
})

describe('a rotation of keys', () => {
  test('a token of the new key is good at once, and those of the old one until it is withdrawn', async () => {
    const { first, state, ask } = provider
    expect(await ask(first, '1')).toBe('1')
    pass(COOL_DOWN_MS)
    state.keys = [first.publicKey, next.publicKey]
    expect([await ask(next, '2'), await ask(first, '3')]).toEqual(['2', '3'])
    expect(state.reads).toBe(2)
  })

  test('a token of a key that was published while the keys were being read is asked for again, not refused', async () => {
    const { first, state, ask, show } = provider
    expect(await ask(first, '1')).toBe('1')
    pass(HOUR_MS / 6)
    let answer = (): void => undefined
    state.answerAfter = new Promise((resolve) => (answer = resolve))
    expect(await ask(first, '2')).toBe('2')
    await eventually(() => expect(state.reads).toBe(2))
    state.keys = [first.publicKey, next.publicKey]
    const shown = show(await signClaims(next.signingKey, claimsOf('3')))
    answer()
    expect(await shown).toBe('UNAVAILABLE')
    pass(COOL_DOWN_MS)
    expect(await ask(next, '3')).toBe('3')
  })

  test('a withdrawn key is good until the keys are read again, which happens every ten minutes while it is used', async () => {
    const { first, state, ask } = provider
    expect(await ask(first, '1')).toBe('1')
    state.keys = [next.publicKey]
    pass(HOUR_MS / 6 - 1)
    expect(await ask(first, '2')).toBe('2')
    expect(state.reads).toBe(1)
    pass(1)
    await eventually(async () => expect(await ask(first, '3')).not.toBe('3'))
    expect(state.reads).toBe(2)
  })

  test('whoever has a token of a withdrawn key is told to sign in anew, also while others make the keys be read', async () => {
    const { first, state, ask } = provider
    expect(await ask(first, '1')).toBe('1')
    state.keys = [next.publicKey]
    pass(COOL_DOWN_MS)
    expect(await ask(next, '2')).toBe('2')
    // The keys were read just now, so that one more reading could still bring it.
    expect(await ask(first, '3')).toBe('UNAVAILABLE')
    pass(COOL_DOWN_MS)
    expect(await ask(await makeNamedKey('somebody else'), '4')).toBe('UNAUTHENTICATED')
    expect(await ask(first, '5')).toBe('UNAUTHENTICATED')
    expect(state.reads).toBe(3)
  })
})

describe('a storm of tokens with unknown keys', () => {
  const STORM = 1_000
  const forged = (index: number): string => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    return `${part({ alg: 'ES256', kid: `made-up-${index}` })}.${part(claimsOf('101'))}.${'A'.repeat(86)}`
  }
  const storm = (): Promise<string[]> =>
    Promise.all(Array.from({ length: STORM }, (_none, index) => provider.show(forged(index))))

  test('costs the provider one question in 5 s, and those with good tokens nothing', async () => {
    const { first, state, ask } = provider
    expect(await ask(first, '1')).toBe('1')
    expect(new Set(await storm())).toEqual(new Set(['UNAVAILABLE']))
    expect(state.reads).toBe(1)
    pass(COOL_DOWN_MS)
    expect(new Set(await storm())).not.toContain('101')
    expect(state.reads).toBe(2)
    expect(await ask(first, '2')).toBe('2')
    expect(state.reads).toBe(2)
  })

  test('does not keep out a new key for longer than these 5 s', async () => {
    const { first, state, ask } = provider
    expect(await ask(first, '1')).toBe('1')
    pass(COOL_DOWN_MS)
    await storm()
    state.keys.push(next.publicKey)
    expect(await ask(next, '2')).toBe('UNAVAILABLE')
    pass(COOL_DOWN_MS)
    expect(await ask(next, '3')).toBe('3')
  })

  test('costs a provider that fails one question in 5 s as well', async () => {
    const { first, state, ask } = provider
    expect(await ask(first, '1')).toBe('1')
    state.isBroken = true
    for (const reads of [2, 3]) {
      pass(COOL_DOWN_MS)
      expect(new Set(await storm())).toEqual(new Set(['UNAVAILABLE']))
      expect(state.reads).toBe(reads)
    }
    expect(await ask(first, '2')).toBe('2')
  })
})

describe('while the provider is away', () => {
  test('known keys are good for a day, then nobody is let in, and it is not asked for each token', async () => {
    const { first, state, ask } = provider
    expect(await ask(first, '1')).toBe('1')
    state.isBroken = true
    pass(24 * HOUR_MS - 1)
    expect(await ask(first, '2')).toBe('2')
    await eventually(() => expect(state.reads).toBe(2))
    pass(1)
    const readsBefore = state.reads
    for (const userId of ['3', '4', '5', '6', '7', '8']) expect(await ask(first, userId)).toBe('UNAVAILABLE')
    expect(state.reads - readsBefore).toBeLessThanOrEqual(2)
    state.isBroken = false
    pass(COOL_DOWN_MS)
    expect(await ask(first, '9')).toBe('9')
  })
})

describe('the algorithm of a token', () => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

  test('is never none, nor one with the public key as its secret', async () => {
    const { first, state, ask, show } = provider
    const rsa = await makeNamedKey('rsa', 'RS256')
    state.keys.push(rsa.publicKey)
    expect([await ask(first, '1'), await ask(rsa, '2')]).toEqual(['1', '2'])
    for (const alg of ['none', 'None', 'NONE'])
      expect(await show(`${part({ alg, kid: 'rsa' })}.${part(claimsOf('3'))}.`)).toBe('UNAUTHENTICATED')
    const { kid: _kid, alg: _alg, use: _use, ...jwk } = rsa.publicKey
    const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
    const pem = key.export({ type: 'spki', format: 'pem' })
    const secrets = [
      pem,
      pem.toString().trim(),
      key.export({ type: 'spki', format: 'der' }),
      JSON.stringify(jwk),
    ]
    for (const secret of secrets) {
      const text = `${part({ alg: 'HS256', kid: 'rsa' })}.${part(claimsOf('4'))}`
      const signature = createHmac('sha256', secret).update(text).digest('base64url')
      expect(await show(`${text}.${signature}`)).toBe('UNAUTHENTICATED')
    }
  })

  test('goes with the name of a key, which is a string, or the token is not valid, however often it is sent', async () => {
    const { first, ask, show } = provider
    expect(await ask(first, '1')).toBe('1')
    for (const kid of [null, 5, {}, ['first'], true, null]) {
      const token = `${part({ alg: 'ES256', kid })}.${part(claimsOf('2'))}.${'A'.repeat(86)}`
      expect({ kid, is: await show(token) }).toEqual({ kid, is: 'UNAUTHENTICATED' })
    }
  })

  test('is one of JWT_ALGORITHMS, though the provider publishes keys of others', async () => {
    const { first, state, url } = provider
    const rsa = await makeNamedKey('rsa', 'RS256')
    state.keys.push(rsa.publicKey)
    const authenticate = createAuthenticate(settingsFor({ JWKS_URL: url, JWT_ALGORITHMS: ['RS256'] }), logger)
    const of = async ({ signingKey }: NamedKey) => `Bearer ${await signClaims(signingKey, claimsOf('1'))}`
    expect((await authenticate(await of(rsa))).userId).toBe('1')
    await expect(authenticate(await of(first))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })
})
