import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { PREVIOUS_KEYS_MAX, publishedKeys } from '@frontrow/identity-provider/signing-keys'
import { ed25519PrivateKey } from '../services/reservation/src/tickets/key-settings.ts'
import { ensureSecrets, readSecrets, readUpSettings, rotateSigningKey } from './up-settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'frontrow-settings-'))
const file = join(folder, 'settings.json')
const GIVEN = 'a-secret-of-the-person-who-runs-this-copy'

afterAll(() => rmSync(folder, { recursive: true }))

describe('secrets of a data folder', () => {
  it('are made once, for this user only', async () => {
    const made = await ensureSecrets(folder)
    expect(made.jwtPrivateKey).toContain('BEGIN PRIVATE KEY')
    expect(await ensureSecrets(folder)).toEqual(made)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('keep the passwords when a JWT_SECRET is given; the file has it instead of the key, until it is given no more', async () => {
    const { adminPassword, servicePasswords } = await ensureSecrets(folder)
    const given = await ensureSecrets(folder, { by: 'secret', secret: GIVEN })
    expect(given).toMatchObject({ jwtSecret: GIVEN, adminPassword, servicePasswords })
    expect(
      Object.keys(JSON.parse(readFileSync(file, 'utf8'))).filter((name) => name.startsWith('jwt')),
    ).toEqual(['jwtSecret'])
    expect(await ensureSecrets(folder, { by: 'secret' })).toMatchObject({ jwtSecret: GIVEN })
    const after = await ensureSecrets(folder)
    expect(after).toMatchObject({ adminPassword, servicePasswords, jwtAlgorithm: 'RS256' })
    expect(readSecrets(folder)).toEqual(after)
    expect(readFileSync(file, 'utf8')).not.toContain(GIVEN)
  })

  it('gain a key for tickets where they are of before there were any, and keep it from then on', async () => {
    const { ticketSigningKey, ...before } = await ensureSecrets(folder)
    writeFileSync(file, JSON.stringify(before))
    const after = await ensureSecrets(folder)
    expect(after).toEqual({ ...before, ticketSigningKey: expect.any(String) })
    expect(after.ticketSigningKey).not.toBe(ticketSigningKey)
    expect(ed25519PrivateKey.safeParse(after.ticketSigningKey).success).toBe(true)
    expect(await ensureSecrets(folder)).toEqual(after)
  })

  it('of a version that signed by a secret get a key, and stay otherwise', async () => {
    const { adminPassword, servicePasswords } = await ensureSecrets(folder)
    const old = {
      jwtSecret: GIVEN,
      adminPassword,
      servicePasswords,
      jwtIssuer: 'frontrow',
      jwtAudience: 'frontrow',
    }
    writeFileSync(file, JSON.stringify(old))
    const names = { issuer: 'http://localhost:8080/identity', audience: 'frontrow' }
    const upgraded = await ensureSecrets(folder, { names })
    expect(upgraded).toMatchObject({ adminPassword, servicePasswords, jwtIssuer: names.issuer })
    expect(upgraded.jwtKeyId).toMatch(/^[\w-]{43}$/)
    expect(readFileSync(file, 'utf8')).not.toContain(GIVEN)
  })

  it('stay together with fields of the file that only another version knows', async () => {
    writeFileSync(file, JSON.stringify({ ...(await ensureSecrets(folder)), cookieKey: 'of another version' }))
    await ensureSecrets(folder, { by: 'secret', secret: `${GIVEN}-too` })
    expect(readFileSync(file, 'utf8')).toContain('of another version')
    expect(readFileSync(file, 'utf8')).toContain('-too')
    await ensureSecrets(folder)
  })
})

it.each([{}, { by: 'secret', names: { issuer: 'frontrow', audience: 'tickets' } }] as const)(
  'secrets that stay as they are leave the file alone: %j',
  async (kind) => {
    await ensureSecrets(folder, kind)
    const { ino } = statSync(file)
    // As another version may have ordered them.
    const reversed = Object.entries(JSON.parse(readFileSync(file, 'utf8'))).toReversed()
    writeFileSync(file, JSON.stringify(Object.fromEntries(reversed)))
    await ensureSecrets(folder, kind)
    expect(statSync(file).ino).toBe(ino)
    await ensureSecrets(folder)
  },
)

describe('a new key', () => {
  const now = new Date('2030-01-01T00:00:00Z')

  it('signs, and the public half of the old one stays published for as long as its tokens last', async () => {
    const { before, after } = await rotateSigningKey(folder, now)
    expect(readSecrets(folder)).toMatchObject({ jwtKeyId: after.jwtKeyId })
    const published = (at: string): unknown[] => publishedKeys(after, new Date(at)).map(({ kid }) => kid)
    expect(published('2030-01-01T23:59:59Z')).toEqual([after.jwtKeyId, before.jwtKeyId])
    expect(published('2030-01-02T00:00:01Z')).toEqual([after.jwtKeyId])
    expect(publishedKeys(after, now)[1]).not.toHaveProperty('d')
    expect(readFileSync(file, 'utf8')).not.toContain(JSON.stringify(before.jwtPrivateKey))
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('is refused when too many before it are still published, and where tokens are signed by a secret', async () => {
    const rounds = Array.from({ length: PREVIOUS_KEYS_MAX - 1 })
    for (const _round of rounds) await rotateSigningKey(folder, now)
    await expect(rotateSigningKey(folder, now)).rejects.toThrow(/10 keys before this one are still published/)
    await rotateSigningKey(folder, new Date('2030-01-02T00:00:01Z'))
    await ensureSecrets(folder, { by: 'secret' })
    await expect(rotateSigningKey(folder, now)).rejects.toThrow(/tokens are signed by a JWT_SECRET/)
  })
})

describe('the settings of npm start', () => {
  it('have defaults where they are missing or empty, and refuse one port for both', () => {
    const settings = readUpSettings({ PORT: '', TLS_PORT: '9443', DATA_DIR: '/data' })
    expect(settings).toMatchObject({ port: 8080, tlsPort: 9443, dataFolder: '/data' })
    expect(() => readUpSettings({ PORT: '8443' })).toThrow('PORT and TLS_PORT are both 8443, and must differ')
  })

  it("take Stripe's publishable key beside the secret one of its mode only, and name neither", () => {
    const read = (STRIPE_PUBLISHABLE_KEY: string, STRIPE_SECRET_KEY: string) => () =>
      readUpSettings({ STRIPE_PUBLISHABLE_KEY, STRIPE_SECRET_KEY })
    expect(read('pk_test_51Abc', 'sk_test_51Abc')).not.toThrow()
    expect(read('pk_live_51Abc', 'rk_live_51Abc')).not.toThrow()
    expect(read('', 'sk_live_51Abc')).not.toThrow()
    expect(read('pk_test_51Abc', '')).toThrow('STRIPE_SECRET_KEY must be set too')
    expect(read('pk_test_51Abc', 'sk_live_51Abc')).toThrow(/^(?!.*51Abc).*must be of one mode/)
  })

  it('take the identity provider for development, unless another is named, which has to be verifiable', () => {
    const tokensOf = (env: Record<string, string>) => readUpSettings(env).tokens
    expect(tokensOf({ PORT: '9080' })).toEqual({
      kind: 'development',
      issuer: 'http://localhost:9080/identity',
      audience: 'frontrow',
      acceptsOwn: true,
    })
    const own = {
      JWKS_URL: 'https://id.example/keys',
      JWT_ISSUER: 'https://id.example',
      JWT_AUDIENCE: 'tickets',
    }
    expect(tokensOf(own)).toEqual({
      kind: 'provider',
      issuer: 'https://id.example',
      audience: 'tickets',
      acceptsOwn: true,
    })
    expect(tokensOf({ JWT_SECRET: GIVEN }).kind).toBe('secret')
    expect(() => tokensOf({ OIDC_ISSUER: 'https://id.example' })).toThrow(
      /OIDC_ISSUER names .* JWKS_URL has to be set/,
    )
    expect(() => tokensOf({ JWT_ISSUER: 'https://id.example' })).toThrow(
      /JWT_ISSUER names .* JWKS_URL has to be set/,
    )
    expect(() => tokensOf({ NODE_ENV: 'production' })).toThrow(/must not run: it lets anybody in as anybody/)
    expect(tokensOf({ ...own, NODE_ENV: 'production' })).toMatchObject({
      kind: 'provider',
      acceptsOwn: false,
    })
  })
})
