import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { ensurePrograms } from '@frontrow/local-stack/install'
import { ensureCertificate, startNginx } from '@frontrow/local-stack/nginx'
import { freePorts } from '@frontrow/local-stack/ports'
import type { RunningProcess } from '@frontrow/local-stack/process'
import { readPageSettings, readRateLimits } from '../../../scripts/gateway-settings.ts'
import { startGateway } from './start-gateway.ts'

const PAGE = '<!doctype html><title>Frontrow</title>'
const REFERENCE = '<!doctype html><title>Frontrow API</title>'
const DOCUMENT = '{"openapi":"3.1.0"}'
const SCRIPT = `console.log('${'fan '.repeat(1_000)}')`
const folder = mkdtempSync(join(tmpdir(), 'frontrow-pages-test-'))
let nginx: RunningProcess
let gateway = ''

beforeAll(async () => {
  // As `npm start` has them: below a folder that only we may enter.
  chmodSync(folder, 0o700)
  const pagesFolder = join(folder, 'pages')
  mkdirSync(join(pagesFolder, 'assets'), { recursive: true })
  writeFileSync(join(pagesFolder, 'index.html'), PAGE)
  writeFileSync(join(pagesFolder, 'assets', 'main-1a2b.js'), SCRIPT)
  writeFileSync(join(pagesFolder, 'assets', 'main-1a2b.js.gz'), gzipSync(SCRIPT))
  mkdirSync(join(pagesFolder, 'docs'))
  writeFileSync(join(pagesFolder, 'docs', 'index.html'), REFERENCE)
  writeFileSync(join(pagesFolder, 'docs', 'openapi.json'), DOCUMENT)
  writeFileSync(join(pagesFolder, 'docs', 'bundle.js'), SCRIPT)
  writeFileSync(join(pagesFolder, 'docs', 'bundle.js.gz'), gzipSync(SCRIPT))
  const { nginx: program, openssl } = await ensurePrograms(['nginx', 'openssl'], () => {})
  if (program === undefined || openssl === undefined) throw new Error('ensurePrograms left a program out')
  const [port = 0, tlsPort = 0, closedPort = 0] = await freePorts(3)
  gateway = `http://127.0.0.1:${port}`
  const services = ['queue', 'catalog', 'reservation', 'payment', 'wallet', 'health']
  nginx = await startNginx({
    program,
    templateFile: join(import.meta.dirname, '..', 'nginx.conf.template'),
    stateFolder: join(folder, 'nginx'),
    logFile: join(folder, 'nginx.log'),
    accessLogFile: join(folder, 'log', 'access.log'),
    pidFile: join(folder, 'nginx.pid'),
    pagesFolder,
    port,
    tlsPort,
    certificate: await ensureCertificate(openssl, join(folder, 'tls')),
    upstreams: Object.fromEntries(services.map((name) => [name, [`127.0.0.1:${closedPort}`]])),
    rateLimits: readRateLimits({}),
  })
})

afterAll(async () => {
  await nginx?.stop()
  rmSync(folder, { recursive: true, force: true })
})

test.each(['/', '/concerts/1', '/no/such/page', '/apiary', '/index.html', '/x.js'])(
  '%s is the page, asked for again each time',
  async (path) => {
    const answer = await fetch(gateway + path)
    expect(answer.status).toBe(200)
    expect(await answer.text()).toBe(PAGE)
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(answer.headers.get('cache-control')).toBe('no-cache')
    const again = await fetch(gateway + path, {
      headers: { 'if-none-match': answer.headers.get('etag') ?? 'none' },
    })
    expect(again.status).toBe(304)
  },
)

test('the page may run only scripts and styles of ours, and nobody may frame it', async () => {
  const { headers } = await fetch(`${gateway}/waiting-room/1`)
  const policy = headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self'; style-src 'self';")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toContain('unsafe')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('referrer-policy')).toBe('same-origin')
})

async function sourcesOf(url: string): Promise<Map<string, string[]>> {
  const { headers } = await fetch(url)
  const directives = (headers.get('content-security-policy') ?? '').split('; ')
  return new Map(directives.map((one) => one.split(' ')).map(([name = '', ...sources]) => [name, sources]))
}

/** What the policy of a page lets in beyond another one. */
async function addedSources(url: string, without: ReadonlyMap<string, string[]>): Promise<unknown[]> {
  const policy = await sourcesOf(url)
  expect([...policy.keys()]).toEqual([...without.keys()])
  return [...policy]
    .map(([name, sources]) => [name, sources.filter((source) => !without.get(name)?.includes(source))])
    .filter(([, sources = []]) => sources.length > 0)
}

const turnstile = ['https://challenges.cloudflare.com']
const hcaptcha = ['https://hcaptcha.com', 'https://*.hcaptcha.com']
test.each([
  [
    'turnstile',
    [
      ['script-src', turnstile],
      ['frame-src', turnstile],
    ],
  ],
  ['hcaptcha', ['script-src', 'style-src', 'connect-src', 'frame-src'].map((name) => [name, hcaptcha])],
  ['proof-of-work', []],
])('a check at the join by %s lets in what its widget needs, and no more', async (JOIN_CHECK, added) => {
  const pageSettings = readPageSettings({ JOIN_CHECK })
  const checking = await startGateway({ pagesFolder: join(folder, 'pages'), pageSettings })
  try {
    expect(await addedSources(`${checking.url}/`, await sourcesOf(`${gateway}/`))).toEqual(added)
  } finally {
    await checking.stop()
  }
})

test('where cards are taken by Stripe, its program, frames and API are let in, and nothing else; without its key nothing is', async () => {
  const pageSettings = readPageSettings({ STRIPE_PUBLISHABLE_KEY: 'pk_test_51Abc', PAGES_TEST_CARDS: 'yes' })
  const taking = await startGateway({ pagesFolder: join(folder, 'pages'), pageSettings })
  try {
    const without = await sourcesOf(`${gateway}/reservations/1`)
    expect(await addedSources(`${taking.url}/reservations/1`, without)).toEqual([
      ['script-src', ['https://js.stripe.com', 'https://*.js.stripe.com']],
      ['connect-src', ['https://api.stripe.com']],
      ['frame-src', ['https://js.stripe.com', 'https://*.js.stripe.com', 'https://hooks.stripe.com']],
    ])
    expect(JSON.stringify([...without])).not.toContain('stripe')
    const config = await fetch(`${taking.url}/config.json`)
    expect(await config.json()).toMatchObject({ stripePublishableKey: 'pk_test_51Abc', testCards: false })
  } finally {
    await taking.stop()
  }
})

test('only the page that renews a sign-in may be framed, by ourselves, and it tells its address to nobody', async () => {
  const { headers } = await fetch(`${gateway}/signed-in?code=secret`)
  expect(headers.get('content-security-policy')).toContain("frame-ancestors 'self'")
  expect(headers.get('referrer-policy')).toBe('no-referrer')
})

test('an asset is kept for ever, and goes out as it was compressed by the build', async () => {
  const compressed = await fetch(`${gateway}/assets/main-1a2b.js`, { headers: { 'accept-encoding': 'gzip' } })
  expect(compressed.headers.get('content-encoding')).toBe('gzip')
  expect(compressed.headers.get('vary')).toBe('Accept-Encoding')
  expect(compressed.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect(compressed.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(compressed.headers.get('x-content-type-options')).toBe('nosniff')
  expect(Number(compressed.headers.get('content-length'))).toBe(gzipSync(SCRIPT).length)
  expect(await compressed.text()).toBe(SCRIPT)
  const plain = await fetch(`${gateway}/assets/main-1a2b.js`, { headers: { 'accept-encoding': 'identity' } })
  expect(plain.headers.get('content-encoding')).toBeNull()
  expect(await plain.text()).toBe(SCRIPT)
})

test.each(['/docs', '/docs/', '/docs/index.html'])(
  '%s is the API reference, without a service',
  async (path) => {
    const answer = await fetch(gateway + path, { redirect: 'manual' })
    expect([answer.status, await answer.text()]).toEqual([200, REFERENCE])
    expect(answer.headers.get('cache-control')).toBe('no-cache')
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'")
  },
)

test('its document and its files come from there too, compressed by the build, and kept for ever by their version', async () => {
  const document = await fetch(`${gateway}/api/v1/openapi.json`)
  expect([document.status, document.headers.get('content-type')]).toEqual([200, 'application/json'])
  expect(await document.text()).toBe(DOCUMENT)
  const bundle = await fetch(`${gateway}/docs/bundle.js?v=5.1.0`, { headers: { 'accept-encoding': 'gzip' } })
  expect(bundle.headers.get('content-encoding')).toBe('gzip')
  expect(bundle.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect(await bundle.text()).toBe(SCRIPT)
  const unversioned = await fetch(`${gateway}/docs/bundle.js`)
  expect(unversioned.headers.get('cache-control')).toBe('no-cache')
})

test.each(['/api/v1/nothing', '/api', '/api/', '/assets/gone.js', '/health/nothing', '/.errors/failure'])(
  '%s is no page: 404 in JSON, which nobody keeps',
  async (path) => {
    const answer = await fetch(gateway + path)
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ success: false, error: { code: 'NOT_FOUND' } })
    expect(answer.headers.get('cache-control')).toBe('no-store')
  },
)

test('a method that no page has is refused in JSON', async () => {
  const answer = await fetch(`${gateway}/concerts/1`, { method: 'POST', body: '{}' })
  expect(answer.status).toBe(405)
  expect(await answer.json()).toMatchObject({ error: { code: 'METHOD_NOT_ALLOWED' } })
})

test('a service that is away is 503 in JSON, never the page', async () => {
  const answer = await fetch(`${gateway}/docs/gone.js`)
  expect(answer.status).toBe(503)
  expect(await answer.json()).toMatchObject({ error: { code: 'UNAVAILABLE' } })
})

test.each([
  { OIDC_ISSUER: 'https://id.example/"$' },
  { OIDC_ISSUER: 'id.example' },
  { OIDC_CLIENT_ID: "a'b" },
  { OIDC_RESOURCE: 'two words' },
  { STRIPE_CURRENCY: 'KRW' },
  { JOIN_CHECK: 'captcha' },
  { PAGES_TEST_CARDS: 'true' },
  { STRIPE_PUBLISHABLE_KEY: 'sk_live_51Abc' },
  { STRIPE_PUBLISHABLE_KEY: 'pk_test_"' },
  { SEATS_PER_USER_MAX: '6 seats' },
  { CHARGE_AMOUNT_MIN: '0' },
])('what could break out of the answer with the settings of the pages is refused: %j', (env) => {
  expect(() => readPageSettings(env)).toThrow(Object.keys(env)[0])
})
