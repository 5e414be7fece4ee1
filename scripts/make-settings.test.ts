import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { signerOf } from './development-tokens.ts'
import { readSecrets, readTokenSecrets } from './up-settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'frontrow-make-settings-'))
const compiled = mkdtempSync(join(tmpdir(), 'frontrow-compiled-'))
const SCRIPT = join(import.meta.dirname, '..', 'deploy', 'make-settings.ts')
const programs = [
  'catalog',
  'identity',
  'kafka',
  'migrate',
  'notify',
  'payment',
  'postgres',
  'queue',
  'redis',
  'reservation',
  'wallet',
]
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
    wallet: status === 0 ? readFileSync(join(folder, 'wallet', 'settings.env'), 'utf8') : '',
  }
}

afterAll(() => {
  for (const one of [folder, compiled]) rmSync(one, { recursive: true })
})

describe('the settings of an installation', () => {
  it('are in files that this user alone can read, also where the folder is open and older ones are', () => {
    mkdirSync(join(folder, 'payment'))
    writeFileSync(join(folder, 'payment', 'settings.env'), 'older', { mode: 0o644 })
    make({ OIDC_ISSUER: ISSUER })
    const modes = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      // Redis and Kafka read theirs under accounts of their own, from volumes that nobody else has.
      .filter((path) => !/^(redis|kafka)\b/.test(path) && statSync(join(folder, path)).isFile())
      .map((path) => [path, statSync(join(folder, path)).mode & 0o777])
    expect(modes.length).toBeGreaterThan(20)
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

  it('give each program its own secrets, the superuser to nobody but its server and the migration step', () => {
    make({})
    const secrets = readSecrets(folder)
    const tokens = readTokenSecrets(join(folder, 'identity'))
    if (secrets === null || tokens === null) throw new Error('nothing was written')
    const holders = (secret: string): string[] =>
      programs.filter((program) =>
        readdirSync(join(folder, program)).some((file) =>
          readFileSync(join(folder, program, file), 'utf8').includes(secret),
        ),
      )
    expect(holders(secrets.adminPassword)).toEqual(['migrate', 'postgres'])
    expect(holders(secrets.servicePasswords.wallet)).toEqual(['migrate', 'wallet'])
    expect(holders(String(secrets.kafkaPasswords?.wallet))).toEqual(['kafka', 'wallet'])
    expect(holders(String(secrets.redisPassword))).toEqual(['identity', 'queue', 'redis'])
    expect(holders(String(secrets.ticketSigningKey))).toEqual(['reservation'])
    expect(holders(String(secrets.jwtKeyId))).toEqual(['identity'])
    const walletKey = readFileSync(join(folder, 'wallet', 'tls.key'), 'utf8')
    expect(holders(walletKey)).toEqual(['wallet'])
    expect(signerOf(tokens, {}).keyId).toBe(secrets.jwtKeyId)
  })

  it('of one program are all that it can read in Compose', () => {
    const compose = readFileSync(join(import.meta.dirname, '..', 'docker-compose.yml'), 'utf8')
    const mounts = [...compose.matchAll(/'(settings[a-z-]*):\/settings:ro'/g)].map(([, volume]) => volume)
    expect(new Set(mounts)).toEqual(new Set(programs.map((program) => `settings-${program}`)))
    // The volume with all of them is for who makes them, and for who makes a new key.
    expect(compose.match(/- settings:\/settings$/gm)).toHaveLength(1)
    expect(compose.match(/volumes: \*all-settings$/gm)).toHaveLength(1)
  })

  it('of one process are all that its pods have in Kubernetes, and notify has those of payment', () => {
    for (const name of ['queue', 'catalog', 'reservation', 'payment', 'notify', 'wallet']) {
      const path = join(import.meta.dirname, '..', 'deploy', 'k8s', 'base', name, 'kustomization.yaml')
      const named = readFileSync(path, 'utf8').match(/[a-z]+-(?:secrets|certificate)\b/g)
      const secrets = `${name === 'notify' ? 'payment' : name}-secrets`
      // One for the container that waits for migrations.
      expect(named).toEqual([secrets, secrets, `${name}-certificate`])
    }
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
