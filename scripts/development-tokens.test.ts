import { createPublicKey } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { makeSigningKeys, publishedKeys } from '@frontrow/identity-provider/signing-keys'
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { decodeJwt, jwtVerify } from 'jose'
import { checkSettings } from './all-settings.ts'
import { readSigner, signToken } from './development-tokens.ts'
import { ensureSecrets, readSecrets, signingKeysOf } from './up-settings.ts'

const names = { issuer: 'https://id.example', audience: 'frontrow' }
let dataFolder: string

beforeEach(() => {
  dataFolder = mkdtempSync(join(tmpdir(), 'frontrow-tokens-'))
})

afterEach(() => rmSync(dataFolder, { recursive: true }))

describe('tokens of development', () => {
  test('are signed and addressed as the copy that runs on the data folder wants them', async () => {
    const secrets = await ensureSecrets(dataFolder, { names })
    const signer = readSigner({ DATA_DIR: dataFolder })
    const token = await signToken(signer, '101', { roles: ['admin'], lifeSeconds: 60 })
    const [key] = publishedKeys(signingKeysOf(secrets) ?? (await makeSigningKeys()), new Date())
    const { payload, protectedHeader } = await jwtVerify(
      token,
      createPublicKey({ key, format: 'jwk' }),
      names,
    )
    expect(protectedHeader).toMatchObject({ alg: 'RS256', kid: secrets.jwtKeyId })
    expect(payload).toMatchObject({ sub: '101', roles: ['admin'] })
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60)
  })

  test('follow the settings of the next start, and the passwords and the key stay', async () => {
    const secrets = await ensureSecrets(dataFolder, { names })
    await ensureSecrets(dataFolder, { names: { issuer: 'https://other.example', audience: 'tickets' } })
    expect(readSecrets(dataFolder)).toMatchObject({
      jwtIssuer: 'https://other.example',
      jwtAudience: 'tickets',
    })
    await ensureSecrets(dataFolder, { names })
    expect(readSecrets(dataFolder)).toEqual(secrets)
    expect(statSync(join(dataFolder, 'settings.json')).mode & 0o777).toBe(0o600)
  })

  test('are signed with what the environment says, where it says anything', async () => {
    const env = { DATA_DIR: dataFolder, JWT_SECRET: 'x'.repeat(40), JWT_ISSUER: '', JWT_AUDIENCE: 'tickets' }
    const signer = readSigner(env)
    expect(signer).toMatchObject({ algorithm: 'HS256', issuer: 'frontrow', audience: 'tickets' })
    const token = await signToken(signer, '7')
    await jwtVerify(token, new TextEncoder().encode(env.JWT_SECRET))
    expect(decodeJwt(token)).toMatchObject({ sub: '7', aud: 'tickets', roles: [] })
  })

  test('name roles where and as the services read them', async () => {
    const JWT_SECRET = 'x'.repeat(40)
    const env = { DATA_DIR: dataFolder, JWT_SECRET, ROLES_CLAIM: 'realm.roles', ROLE_MAPPING: 'boss=admin' }
    const claims = decodeJwt(await signToken(readSigner(env), '7', { roles: ['admin'] }))
    expect(claims).toMatchObject({ realm: { roles: ['boss'] } })
    expect(claims).not.toHaveProperty('roles')
  })

  test('with a role that the mapping has no name for are not made, instead of saying nothing of it', async () => {
    const env = { DATA_DIR: dataFolder, JWT_SECRET: 'x'.repeat(40), ROLE_MAPPING: 'box-office=operator' }
    await expect(signToken(readSigner(env), '7', { roles: ['door'] })).rejects.toThrow(
      new SetupProblem('ROLE_MAPPING has no name for the role door: add a pair such as theirs=door'),
    )
  })

  test('are signed beside JWKS_URL where npm start has run, and refused where its services would refuse them', async () => {
    const env = { DATA_DIR: dataFolder, JWKS_URL: 'https://id.example/keys', JWT_SECRET: 'x'.repeat(40) }
    expect(() => readSigner(env)).toThrow(/JWKS_URL is set/)
    await ensureSecrets(dataFolder)
    expect(() => readSigner(env)).toThrow(/JWKS_URL is set/)
    await ensureSecrets(dataFolder, { names })
    expect(readSigner(env)).toMatchObject({ algorithm: 'RS256', issuer: 'https://id.example' })
  })

  test('can’t be signed where nothing was started: what to do is said', () => {
    expect(() => readSigner({ DATA_DIR: dataFolder })).toThrow(/run npm start first/)
  })
})

test.each(['localhost:8080/jwks', 'file:///keys', 'junk'])('JWKS_URL=%s is refused by its rule', (url) => {
  expect(() => checkSettings({ JWKS_URL: url })).toThrow('JWKS_URL must be an http or https URL')
})
