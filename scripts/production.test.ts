import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { productionRules } from '@frontrow/settings/production-rules'
import { readSettings } from '@frontrow/settings/read-settings'
import { isSecretSetting } from '@frontrow/settings/secret-settings'
import { settings as catalog } from '../services/catalog/src/config.ts'
import { settings as payment } from '../services/payment/src/config.ts'
import { notifySettings as notify } from '../services/payment/src/notify/config.ts'
import { settings as queue } from '../services/queue/src/config.ts'
import { settings as reservation } from '../services/reservation/src/config.ts'
import { settings as wallet } from '../services/wallet/src/config.ts'
import { allSettings, checkSettings } from './all-settings.ts'
import { migrateSettings as migrate } from './migrate-settings.ts'
import { ensureServiceCertificates, grpcCertificateEnv } from './service-certificates.ts'
import { makeTicketSigningKey } from './up-settings.ts'

const ROOT = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'frontrow-production-'))
afterAll(() => rmSync(folder, { recursive: true }))

const RANDOM = '4f1c9a70b2d85e63917ac0fe24d8b35a'
const ISSUER = 'https://id.example'
const NOWHERE = '127.0.0.1:9'

/** What an installation could have in production. No server is there, which keeps no process from starting. */
const good: Record<string, string> = {
  NODE_ENV: 'production',
  HTTP_PORT: '0',
  GRPC_PORT: '0',
  OPS_PORT: '0',
  KAFKA_BROKERS: NOWHERE,
  JWKS_URL: `${ISSUER}/keys`,
  JWT_ISSUER: ISSUER,
  OIDC_ISSUER: ISSUER,
  DATABASE_URL: `postgres://role:${RANDOM}@${NOWHERE}/frontrow`,
  ADMIN_DATABASE_URL: `postgres://admin:${RANDOM}@${NOWHERE}/frontrow`,
  CATALOG_READ_DATABASE_URL: `postgres://${NOWHERE}/frontrow`,
  REDIS_URL: `redis://:${RANDOM}@${NOWHERE}`,
  JOIN_CHECK_SECRET: RANDOM,
  JOIN_CHECK_PROVIDER_SECRET: '0x4AAAAAAADnPIDROrmt1Wwj8gJt2vR5iXo',
  TICKET_SIGNING_KEY: makeTicketSigningKey(),
  STRIPE_SECRET_KEY: `sk_live_${RANDOM}`,
  STRIPE_WEBHOOK_SECRET: `whsec_${RANDOM}`,
  STRIPE_RETURN_URL: 'https://tickets.example/paid',
  STRIPE_PUBLISHABLE_KEY: 'pk_live_abc',
  SMTP_URL: `smtps://user:${RANDOM}@mail.example`,
  MAIL_FROM: 'Tickets <tickets@the-hall.kr>',
  DEVELOPMENT_ISSUER: 'http://localhost:8080/identity',
  PAGES_TEST_CARDS: 'no',
}
for (const service of ['QUEUE', 'CATALOG', 'RESERVATION', 'PAYMENT', 'WALLET']) {
  good[`${service}_GRPC`] = NOWHERE
  good[`${service}_DB_PASSWORD`] = `${RANDOM}-${service}`
}

beforeAll(async () => {
  await ensureServiceCertificates(folder)
  Object.assign(good, grpcCertificateEnv(folder, 'queue'))
})

const jwks = JSON.stringify({ keys: [{ kty: 'RSA', kid: 'one' }] })
const weakDatabases = ['frontrow', 'a'.repeat(40), 'development-password'].map(
  (password) => `postgres://role:${password}@db.example/frontrow`,
)
// What is in the query counts more, and a certificate is none without its key.
const hollowDatabases = [
  'postgres://role@db.example/frontrow',
  'postgres://role@db.example/frontrow?sslcert=/certificate',
  `postgres://role:${RANDOM}@db.example/frontrow?password=frontrow`,
  'postgres://role@db.example/frontrow?sslcert=/certificate&sslkey=/key&password=frontrow',
]
const weakPasswords = ['frontrow', 'a'.repeat(40), 'change-me-change-me']
const notPublic = [
  'http://id.example/',
  'https://localhost/keys',
  'https://127.0.0.1:8443/',
  'https://[::1]/',
  'https://localhost./keys',
  'https://user@localhost/',
  'https://id.localhost:8443/?@id.example',
  'https://[::ffff:127.0.0.1]/',
  'https://2130706433/',
  'https://0x7f.1/',
  'HTTPS://LocalHost/',
]
const elsewhere = [
  'https://127.example.com/',
  'https://user@id.example:8443/',
  'https://[2001:db8::1]/',
  'https://192.0.2.1/',
]

/** Values that break the rules of each setting; undefined is one that is missing. */
const bad: Readonly<Record<string, readonly (string | undefined)[]>> = {
  FAILPOINT: ['relay-read/DebitWallet:exit@1'],
  NODE_TLS_REJECT_UNAUTHORIZED: ['0'],
  JWT_SECRET: [RANDOM, 's'.repeat(32)],
  DEVELOPMENT_JWKS: [jwks],
  JWKS_URL: [undefined, ...notPublic],
  JWT_ISSUER: [undefined, 'frontrow', 'http://localhost:8080/identity', ...notPublic],
  OIDC_ISSUER: notPublic,
  DEVELOPMENT_ISSUER: [ISSUER],
  GRPC_CERTIFICATE_FILE: [undefined],
  DATABASE_URL: [...hollowDatabases, ...weakDatabases],
  ADMIN_DATABASE_URL: [...hollowDatabases, ...weakDatabases],
  CATALOG_READ_DATABASE_URL: weakDatabases,
  QUEUE_DB_PASSWORD: weakPasswords,
  CATALOG_DB_PASSWORD: weakPasswords,
  RESERVATION_DB_PASSWORD: weakPasswords,
  PAYMENT_DB_PASSWORD: weakPasswords,
  WALLET_DB_PASSWORD: weakPasswords,
  REDIS_URL: ['redis://:frontrow@redis.example', 'redis://:%61%61aaaaaaaaaaaaaaaa@redis.example'],
  KAFKA_PASSWORD: weakPasswords,
  JOIN_CHECK_SECRET: ['s'.repeat(40)],
  JOIN_CHECK_PROVIDER_SECRET: [
    '1x0000000000000000000000000000000AA',
    '0x0000000000000000000000000000000000000000',
  ],
  JOIN_CHECK_VERIFY_URL: ['http://127.0.0.1:9/verify'],
  TICKET_SIGNING_KEY: [`MC4CAQAwBQYDK2VwBCIEI${'A'.repeat(43)}`],
  STRIPE_SECRET_KEY: [undefined, `sk_test_${RANDOM}`, 'sk_live_short'],
  STRIPE_API_URL: ['http://stripe.example', 'https://127.0.0.1:12111'],
  STRIPE_WEBHOOK_SECRET: ['whsec_short'],
  STRIPE_RETURN_URL: ['http://localhost:5173/paid'],
  STRIPE_PUBLISHABLE_KEY: ['pk_test_abc'],
  PAGES_TEST_CARDS: ['yes'],
  WEBHOOK_ALLOW_PRIVATE: ['yes'],
  SMTP_URL: ['smtp://mailbox:1025', 'smtp://127.0.0.1:1025'],
  MAIL_FROM: ['Frontrow <tickets@frontrow.example>', 'me@localhost'],
}

const services = {
  queue: { schema: queue, main: 'services/queue/src/main.ts' },
  catalog: { schema: catalog, main: 'services/catalog/src/main.ts' },
  reservation: { schema: reservation, main: 'services/reservation/src/main.ts' },
  payment: { schema: payment, main: 'services/payment/src/main.ts' },
  notify: { schema: notify, main: 'services/payment/src/notify-main.ts' },
  wallet: { schema: wallet, main: 'services/wallet/src/main.ts' },
} as const

/** The rules that a program with these settings is held to. */
function rulesFor(names: readonly string[]): string[] {
  return productionRules
    .filter(({ name, ofAll }) => ofAll === true || names.includes(name))
    .map(({ name }) => name)
}

const withBroken = (names: readonly string[]): Record<string, string | undefined> => ({
  ...good,
  ...Object.fromEntries(names.map((name) => [name, bad[name]?.at(-1)])),
})

/** Runs a program until it ends, or says that it is ready. Its environment is `env`. */
async function run(command: string, args: string[], env: Record<string, string | undefined>) {
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: join(folder, 'cache'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // One that neither ends nor is ready must not outlive the test.
    timeout: 100_000,
    killSignal: 'SIGKILL',
  })
  let [out, err] = ['', '']
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    if (out.includes('"msg":"ready"')) child.kill('SIGKILL')
  })
  await once(child, 'close')
  return { code: child.exitCode, out, err }
}

const refusedNames = (said: string): string[] =>
  [...said.matchAll(/^(?: {2}|gateway: )(\w+): in production it must /gm)].map(([, name = '']) => name)

const programs = [
  ...Object.entries(services),
  ['migrate', { schema: migrate, main: 'scripts/migrate.ts' }] as const,
]

describe.each(programs)('in production %s', (name, { schema, main }) => {
  const names = rulesFor(Object.keys(schema.shape))

  it('starts with good settings alone: each one that breaks a rule is refused by its name', () => {
    expect(readSettings(schema, good)).toMatchObject({ NODE_ENV: 'production' })
    for (const broken of names) {
      for (const value of bad[broken] ?? []) {
        const read = (NODE_ENV: string) => () => readSettings(schema, { ...good, NODE_ENV, [broken]: value })
        const refusal = refusalOf(read('production'))
        expect([value, refusal.split('\n')]).toEqual([
          value,
          [
            'the settings are wrong:',
            expect.stringMatching(`^  ${broken}: in production it must .+\\. .+\\.$`),
          ],
        ])
        if (isSecretSetting(broken) && value !== undefined) expect(refusal).not.toContain(value)
        expect(read('development')).not.toThrow()
      }
    }
  })

  it('names all that is wrong at once, opens nothing and ends with 1', async () => {
    const { code, out, err } = await run(process.execPath, [main], withBroken(names))
    expect([code, out]).toEqual([1, ''])
    expect(refusedNames(err)).toEqual(names)
  })

  // A start takes a second of CPU, and that good settings are taken was seen above. These two differ in what they open.
  if (name === 'payment' || name === 'notify') {
    it('starts when all is well', async () => {
      expect((await run(process.execPath, [main], good)).out).toContain('"msg":"ready"')
    })
  }
})

function refusalOf(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (error instanceof Error) return error.message
  }
  return 'it was not refused'
}

describe('in production', () => {
  it('each rule has values here that break it', () => {
    expect(Object.keys(bad)).toEqual(productionRules.map(({ name }) => name))
  })

  it.each([
    `postgres://role@db.example/frontrow?password=${RANDOM}`,
    `postgres://role:${RANDOM}@/frontrow?host=/run/postgresql`,
    'postgres://role@db.example/frontrow?sslcert=/certificate&sslkey=/key',
  ])('a database may be named as %s', (DATABASE_URL) => {
    expect(() => readSettings(wallet, { ...good, DATABASE_URL })).not.toThrow()
  })

  it.each(elsewhere)('an identity provider may be at %s', (address) => {
    const provider = { JWKS_URL: address, JWT_ISSUER: address }
    expect(() => readSettings(wallet, { ...good, ...provider })).not.toThrow()
  })

  it('nobody has to be named as the sender where no mail is sent', () => {
    const { SMTP_URL: _none, ...rest } = good
    expect(() => readSettings(notify, { ...rest, MAIL_FROM: 'x@frontrow.example' })).not.toThrow()
  })

  it('gRPC is without certificates only where a service mesh is said to have its own', () => {
    const { GRPC_CERTIFICATE_FILE: _, GRPC_KEY_FILE: _key, GRPC_CA_FILE: _ca, ...open } = good
    expect(refusedNames(refusalOf(() => readSettings(queue, open)))).toEqual(['GRPC_CERTIFICATE_FILE'])
    expect(refusalOf(() => readSettings(queue, { ...open, GRPC_TLS: 'by-mesh' }))).toBe('it was not refused')
  })

  it('the passwords of two roles may not be the same', () => {
    const same = { ...good, QUEUE_DB_PASSWORD: RANDOM, WALLET_DB_PASSWORD: RANDOM }
    expect(refusedNames(refusalOf(() => readSettings(migrate, same)))).toEqual([
      'QUEUE_DB_PASSWORD',
      'WALLET_DB_PASSWORD',
    ])
  })

  it('the gateway refuses what breaks the same rules, all at once, and nothing else', async () => {
    const names = rulesFor((allSettings.get('gateway') ?? []).map((setting) => setting.name))
    const own = names.filter((name) => !name.startsWith('FAIL') && !name.startsWith('NODE_'))
    const script = join(ROOT, 'deploy', 'gateway', 'check-production.sh')
    for (const name of own) {
      for (const value of bad[name] ?? []) {
        const { code, err } = await run('sh', [script], { ...good, [name]: value })
        expect([value, code, refusedNames(err)]).toEqual([value, 1, [name]])
      }
    }
    const all = await run('sh', [script], withBroken(own.filter((name) => name !== 'DEVELOPMENT_ISSUER')))
    expect(refusedNames(all.err).toSorted()).toEqual([
      'OIDC_ISSUER',
      'PAGES_TEST_CARDS',
      'STRIPE_PUBLISHABLE_KEY',
    ])
    for (const OIDC_ISSUER of elsewhere) {
      expect([OIDC_ISSUER, await run('sh', [script], { ...good, OIDC_ISSUER })]).toMatchObject([
        OIDC_ISSUER,
        { code: 0 },
      ])
    }
    expect(await run('sh', [script], good)).toEqual({ code: 0, out: '', err: '' })
    expect((await run('sh', [script], { ...withBroken(own), NODE_ENV: '' })).code).toBe(0)
    expect((await run('sh', [script], { NODE_ENV: 'prod' })).code).toBe(1)
  })

  it('npm start refuses what any of its programs would', () => {
    const { DEVELOPMENT_ISSUER: _unused, ...given } = good
    expect(checkSettings(given)).toEqual({})
    expect(refusedNames(refusalOf(() => checkSettings({ NODE_ENV: 'production' })))).toEqual([
      'JWKS_URL',
      'JWT_ISSUER',
      'STRIPE_SECRET_KEY',
    ])
  })

  it.each([
    ['identity', 'packages/identity-provider/src/main.ts'],
    ['mailbox', 'packages/mailbox/src/main.ts'],
  ])('%s, which is for development, never starts', async (name, main) => {
    const { code, out, err } = await run(process.execPath, [main], { NODE_ENV: 'production' })
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(
      new RegExp(`^${name}: the settings are wrong:\n  NODE_ENV: is production, where this .+ must not run`),
    )
  })
})
