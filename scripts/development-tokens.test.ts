import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { decodeJwt, jwtVerify } from 'jose'
import { checkSettings } from './all-settings.ts'
import { readSigner, signToken } from './development-tokens.ts'
import { ensureSecrets, readSecrets } from './up-settings.ts'

const ours = { JWT_ISSUER: 'frontrow', JWT_AUDIENCE: 'frontrow' }
let dataFolder: string

beforeEach(() => {
  dataFolder = mkdtempSync(join(tmpdir(), 'frontrow-tokens-'))
})

afterEach(() => rmSync(dataFolder, { recursive: true }))

describe('tokens of development', () => {
  test('are signed and addressed as the copy that runs on the data folder wants them', async () => {
    const secrets = ensureSecrets(dataFolder, '', { ...ours, JWT_ISSUER: 'https://id.example' })
    const signer = readSigner({ DATA_DIR: dataFolder })
    const token = await signToken(signer, '101', { roles: ['admin'], lifeSeconds: 60 })
    const key = new TextEncoder().encode(secrets.jwtSecret)
    const { payload } = await jwtVerify(token, key, { issuer: 'https://id.example', audience: 'frontrow' })
    expect(payload).toMatchObject({ sub: '101', roles: ['admin'] })
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60)
  })

  test('follow the settings of the next start, and the passwords stay', () => {
    const secrets = ensureSecrets(dataFolder, '', ours)
    ensureSecrets(dataFolder, '', { JWT_ISSUER: 'https://id.example', JWT_AUDIENCE: 'tickets' })
    expect(readSecrets(dataFolder)).toMatchObject({ jwtIssuer: 'https://id.example', jwtAudience: 'tickets' })
    ensureSecrets(dataFolder, '', ours)
    expect(readSecrets(dataFolder)).toEqual(secrets)
    expect(statSync(join(dataFolder, 'settings.json')).mode & 0o777).toBe(0o600)
  })

  test('are signed with what the environment says, where it says anything', async () => {
    const secret = 'x'.repeat(40)
    const signer = readSigner({
      DATA_DIR: dataFolder,
      JWT_SECRET: secret,
      JWT_ISSUER: '',
      JWT_AUDIENCE: 'tickets',
    })
    expect(signer).toEqual({ secret, issuer: 'frontrow', audience: 'tickets' })
    expect(decodeJwt(await signToken(signer, '7'))).toMatchObject({ sub: '7', aud: 'tickets', roles: [] })
  })

  test('are signed beside JWKS_URL where npm start has run, and refused where its services would refuse them', () => {
    const env = { DATA_DIR: dataFolder, JWKS_URL: 'https://id.example/keys', JWT_SECRET: 'x'.repeat(40) }
    expect(() => readSigner(env)).toThrow(/JWKS_URL is set/)
    ensureSecrets(dataFolder)
    expect(() => readSigner(env)).toThrow(/JWKS_URL is set/)
    ensureSecrets(dataFolder, '', ours)
    expect(readSigner(env)).toMatchObject({ secret: env.JWT_SECRET, issuer: 'frontrow' })
  })

  test('can’t be signed where nothing was started: what to do is said', () => {
    expect(() => readSigner({ DATA_DIR: dataFolder })).toThrow(/run npm start first/)
  })
})

test.each(['localhost:8080/jwks', 'file:///keys', 'junk'])('JWKS_URL=%s is refused by its rule', (url) => {
  expect(() => checkSettings({ JWKS_URL: url })).toThrow('JWKS_URL must be an http or https URL')
})
