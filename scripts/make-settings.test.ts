import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'

const folder = mkdtempSync(join(tmpdir(), 'frontrow-make-settings-'))
const compiled = mkdtempSync(join(tmpdir(), 'frontrow-compiled-'))
const SCRIPT = join(import.meta.dirname, '..', 'deploy', 'make-settings.ts')
const SECRET = 'a-secret-of-the-person-who-runs-this-copy'
const ISSUER = 'http://localhost:8080/identity'
const own = { JWKS_URL: 'https://id.example/keys?v=2', JWT_ISSUER: 'https://id.example/' }

/** Runs it as Compose does, with what the operator has set. */
function make(set: Record<string, string>): { status: number | null; said: string; wallet: string } {
  const env = {
    PATH: process.env['PATH'],
    NODE_COMPILE_CACHE: compiled,
    DEVELOPMENT_ISSUER: ISSUER,
    NODE_ENV: 'development',
    ...set,
  }
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT, folder], { env, encoding: 'utf8' })
  return {
    status,
    said: stderr,
    wallet: status === 0 ? readFileSync(join(folder, 'wallet.env'), 'utf8') : '',
  }
}

afterAll(() => {
  for (const one of [folder, compiled]) rmSync(one, { recursive: true })
})

describe('the settings of an installation', () => {
  it('are in files that this user alone can read, also where the folder is open and older ones are', () => {
    const file = join(folder, 'payment.env')
    writeFileSync(file, 'older', { mode: 0o644 })
    make({ OIDC_ISSUER: ISSUER })
    const modes = readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mode & 0o777])
    expect(modes.length).toBeGreaterThan(6)
    expect(modes.filter(([, mode]) => mode !== 0o600)).toEqual([])
  })

  it('take the secret for tokens from a file', () => {
    const file = join(folder, 'given')
    writeFileSync(file, `${SECRET}\n`, { mode: 0o600 })
    expect(make({ JWT_SECRET_FILE: file }).wallet).toContain(`JWT_SECRET=${SECRET}\n`)
  })

  it('name the identity provider for development, or what the operator has set instead', () => {
    expect(make({ OIDC_ISSUER: ISSUER }).wallet).toContain(`JWT_ISSUER=${ISSUER}\n`)
    expect(make({ ...own, LISTEN_ON: '0.0.0.0', NODE_ENV: 'production' }).wallet).toContain(
      `JWKS_URL=${own.JWKS_URL}\nJWT_ISSUER=${own.JWT_ISSUER}\n`,
    )
    expect(make({ JWT_SECRET: SECRET, LISTEN_ON: '0.0.0.0' }).wallet).toContain(`JWT_SECRET=${SECRET}\n`)
  })

  it.each([
    [{ NODE_ENV: 'production' }, /JWKS_URL: in production it must .* lets anybody in as anybody/],
    [{ ...own, NODE_ENV: 'production', JWT_SECRET: SECRET }, /JWT_SECRET: in production it must not be set/],
    [{ GIVEN_STRIPE_SECRET_KEY: SECRET }, /STRIPE_SECRET_KEY must come from a file.*STRIPE_SECRET_KEY_FILE/],
    [{ OPERATORS_JWT_SECRET_FILE: './secret' }, /^settings: JWT_SECRET_FILE names an empty file/],
    [
      { CATALOG_READ_DATABASE_URL: `postgres://replica/frontrow?password=${SECRET}` },
      /CATALOG_READ_DATABASE_URL: must have no password under Compose/,
    ],
    [{ LISTEN_ON: '0.0.0.0' }, /LISTEN_ON is 0\.0\.0\.0, which others can reach, .* JWKS_URL/],
    [{ OIDC_ISSUER: 'https://id.example' }, /OIDC_ISSUER names .* JWKS_URL has to be set/],
    [{ JWT_ISSUER: 'https://id.example' }, /JWT_ISSUER names .* JWKS_URL has to be set/],
    [{ ...own, JWT_ISSUER: 'https://id.example\nDATABASE_URL=x' }, /JWT_ISSUER: must have only letters/],
    [{ ...own, JWKS_URL: 'https://id.example/#keys' }, /JWKS_URL: must have only letters/],
  ])('are refused, in a line that names the setting: %j', (set, why) => {
    const { status, said } = make(set)
    expect(status).toBe(1)
    expect(said).toMatch(why)
    expect(said).not.toContain('    at ')
    expect(said).not.toContain(SECRET)
  })
})
