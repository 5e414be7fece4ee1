import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { makeSigningKeys, rotateKeys, signingKeyFields } from '@frontrow/identity-provider/signing-keys'
import { httpStatus } from '@frontrow/local-stack/http-status'
import { freePorts } from '@frontrow/local-stack/ports'
import { startProcess } from '@frontrow/local-stack/process'
import type { RunningProcess } from '@frontrow/local-stack/process'
import { createAuthenticate } from '@frontrow/service-host/auth'
import type { Authenticate } from '@frontrow/service-host/auth'
import { createLogger } from '@frontrow/service-host/logger'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { ROLES } from '@frontrow/values/roles'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { Browser } from './browser.ts'
import type { Tokens } from './browser.ts'

const MAIN = join(import.meta.dirname, '../../packages/identity-provider/src/main.ts')
const VERIFIER = 'a-verifier-of-at-least-forty-three-characters-0123456789'
const folder = mkdtempSync(join(tmpdir(), 'frontrow-identity-'))
const settingsFile = join(folder, 'settings.json')
const page = 'http://localhost:18080'
const tlsPage = 'https://localhost:18443'
let environment: TestEnvironment
let provider: RunningProcess
let port = 0
let issuer = ''

function env(changes: Record<string, string> = {}): Record<string, string> {
  return {
    NODE_ENV: 'development',
    IDENTITY_PORT: String(port),
    OIDC_ISSUER: issuer,
    PAGE_ORIGINS: `${page},${tlsPage}`,
    SETTINGS_FILE: settingsFile,
    REDIS_URL: environment.redisUrl,
    ...changes,
  }
}

function startProvider(): Promise<RunningProcess> {
  return startProcess({
    name: 'identity',
    command: process.execPath,
    args: [MAIN],
    env: env(),
    logFile: join(folder, 'identity.log'),
    pidFile: join(folder, 'identity.pid'),
    stopSignal: 'SIGTERM',
    stopDeadlineMs: 5_000,
    readyDeadlineMs: 120_000,
    // A request that says nothing is 400, but 503 before Redis answers.
    isReady: async () => (await httpStatus(port, '/identity/auth')) === 400,
  })
}

/** A service that verifies by the provider's JWKS, as one that has just started. */
function service(): Authenticate {
  const settings = {
    HOST: '127.0.0.1',
    JWKS_URL: `${issuer}/jwks`,
    JWT_SECRET: undefined,
    DEVELOPMENT_JWKS: undefined,
    JWT_ISSUER: issuer,
    JWT_AUDIENCE: 'frontrow',
    JWT_ALGORITHMS: ['RS256' as const],
    JWT_CLOCK_SKEW_SECONDS: 5,
    ROLES_CLAIM: 'roles',
  }
  return createAuthenticate(settings, createLogger({ service: 'test', level: 'silent' }))
}

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
  const [free = 0] = await freePorts(1)
  port = free
  issuer = `http://127.0.0.1:${port}/identity`
  writeFileSync(settingsFile, JSON.stringify(await makeSigningKeys()))
  provider = await startProvider()
})

afterAll(async () => {
  await provider?.stop()
  await environment?.dispose()
  rmSync(folder, { recursive: true })
})

describe('signing in', () => {
  test('ends with a token that a service accepts, with the claims that it reads', async () => {
    const tokens = await new Browser(issuer, page, 'ko-KR,ko;q=0.9,en;q=0.5').signIn('102')
    const caller = await service()(`Bearer ${tokens.access_token}`)
    expect(caller).toEqual({
      userId: '102',
      roles: [],
      actsForAnybody: false,
      contact: { email: 'fan-102@frontrow.example', locale: 'ko' },
    })
    expect(decodeProtectedHeader(tokens.access_token).alg).toBe('RS256')
    expect(tokens.expires_in).toBe(600)
    expect(decodeJwt(tokens.id_token)).toMatchObject({ sub: '102', name: 'Minjun', roles: [] })
  })

  test('as one of the staff gives the role of that name, and to nobody else any', async () => {
    const rolesOf = async (user: string): Promise<readonly string[]> => {
      const { access_token: token } = await new Browser(issuer, page).signIn(user)
      return (await service()(`Bearer ${token}`)).roles
    }
    for (const role of ROLES) expect(await rolesOf(role)).toEqual([role])
    for (const user of ['Operator', '101']) expect(await rolesOf(user)).toEqual([])
  })

  test.each([page, tlsPage])('works for the pages on %s', async (origin) => {
    const { access_token: token } = await new Browser(issuer, origin).signIn('a new fan')
    expect((await service()(`Bearer ${token}`)).userId).toBe('a new fan')
  })

  test('is asked once in a browser: the next time, and in a hidden frame, the session answers', async () => {
    const browser = new Browser(issuer, page)
    await browser.signIn('101')
    const { response } = await browser.authorize(VERIFIER, { prompt: 'none' })
    const back = new URL(response.headers.get('location') ?? '')
    expect([back.origin, back.pathname, back.searchParams.get('state')]).toEqual([
      page,
      '/signed-in',
      'a-state',
    ])
    const tokens = await browser.tokens(await browser.redeem(back.searchParams.get('code') ?? '', VERIFIER))
    expect(decodeJwt(tokens.access_token).sub).toBe('101')
    const stranger = await new Browser(issuer, page).authorize(VERIFIER, { prompt: 'none' })
    expect(stranger.response.headers.get('location')).toContain('error=login_required')
  })

  test.each(['', ' ', 'x'.repeat(65), 'line\nbreak'])(
    'refuses the user id %j on the page itself',
    async (user) => {
      const browser = new Browser(issuer, page)
      const { url } = await browser.authorize(VERIFIER)
      const { response } = await browser.submit(url, { user })
      expect(response.status).toBe(422)
      expect(await response.text()).toContain('Enter a user id of 1 to 64 characters')
      expect(
        (await browser.submit(url, { user: 'x'.repeat(64) })).response.headers.get('location'),
      ).toContain('code=')
    },
  )

  test('speaks the language of the browser, runs no script and says that it is for development', async () => {
    const { response } = await new Browser(issuer, page, 'ko').authorize(VERIFIER)
    const html = await response.text()
    expect(html).toMatch(/<html lang="ko">[^]*개발용 로그인입니다/)
    expect(html).not.toMatch(/<script|style=/)
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'none'")
    const english = await (await new Browser(issuer, page, 'de, en').authorize(VERIFIER)).response.text()
    expect(english).toContain('This sign-in is for development.')
  })

  test('shows what was typed as text, never as a part of the page', async () => {
    const browser = new Browser(issuer, page)
    const { url } = await browser.authorize(VERIFIER)
    const { response } = await browser.submit(url, { user: `"><b>${'x'.repeat(70)}` })
    expect(await response.text()).toContain('value="&quot;&gt;&lt;b&gt;x')
  })

  test('can be given up: the page is told so', async () => {
    const browser = new Browser(issuer, page)
    const { url } = await browser.authorize(VERIFIER)
    const { response } = await browser.submit(url, { cancel: 'yes' })
    expect(response.headers.get('location')).toMatch(
      /^http:\/\/localhost:18080\/signed-in\?error=access_denied/,
    )
  })

  test('ends when the person signs out, and so do the tokens that renew', async () => {
    const browser = new Browser(issuer, page)
    const tokens = await browser.signIn('101')
    const query = new URLSearchParams({ id_token_hint: tokens.id_token, post_logout_redirect_uri: page })
    const asked = await (await browser.visit(`${issuer}/session/end?${query.toString()}`)).text()
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(asked)?.[1] ?? ''
    const { response } = await browser.submit(`${issuer}/session/end/confirm`, { xsrf, logout: 'yes' })
    expect(response.headers.get('location')).toBe(`${page}/`)
    expect((await browser.refresh(tokens.refresh_token)).status).toBe(400)
    const silent = await browser.authorize(VERIFIER, { prompt: 'none' })
    expect(silent.response.headers.get('location')).toContain('error=login_required')
  })
})

describe('what is not asked for rightly is refused', () => {
  test('another address to come back to: on the page, and nobody is sent there', async () => {
    for (const redirect_uri of ['http://localhost:9999/signed-in', `${page}/signed-in/..`, `${page}/`]) {
      const { response } = await new Browser(issuer, page).authorize(VERIFIER, { redirect_uri })
      expect([response.status, response.headers.get('location')]).toEqual([400, null])
      expect(await response.text()).toContain('redirect_uri')
    }
  })

  test('no proof of who began, or a wrong one', async () => {
    const browser = new Browser(issuer, page)
    const without = await browser.authorize(VERIFIER, { code_challenge: '', code_challenge_method: '' })
    expect(without.response.headers.get('location')).toContain('error=invalid_request')
    await browser.signIn('101')
    const { response } = await browser.authorize(VERIFIER)
    const code = new URL(response.headers.get('location') ?? '').searchParams.get('code') ?? ''
    const answer = await browser.redeem(code, `${VERIFIER}-but-another`)
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'invalid_grant' }])
  })

  test('a script of another origin', async () => {
    const browser = new Browser(issuer, page)
    const { refresh_token } = await browser.signIn('101')
    const fields = { grant_type: 'refresh_token', refresh_token }
    const answer = await browser.token(fields, 'https://elsewhere.example')
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([400, null])
    const ours = await browser.token(fields)
    expect([ours.status, ours.headers.get('access-control-allow-origin')]).toEqual([200, page])
  })

  test('another resource than our services', async () => {
    const { response } = await new Browser(issuer, page).authorize(VERIFIER, { resource: 'urn:of:others' })
    expect(response.headers.get('location')).toContain('error=invalid_target')
  })
})

describe('tokens are renewed', () => {
  test('again and again, each refresh token once; one that is used twice ends all of them', async () => {
    const browser = new Browser(issuer, page)
    let tokens: Tokens = await browser.signIn('103')
    const [first] = [tokens.refresh_token]
    for (let round = 0; round < 3; round += 1) {
      const renewed = await browser.tokens(await browser.refresh(tokens.refresh_token))
      expect(renewed.refresh_token).not.toBe(tokens.refresh_token)
      expect((await service()(`Bearer ${renewed.access_token}`)).userId).toBe('103')
      tokens = renewed
    }
    expect((await browser.refresh(first)).status).toBe(400)
    expect((await browser.refresh(tokens.refresh_token)).status).toBe(400)
  })

  test('also after the provider was started anew, and the session is still there', async () => {
    const browser = new Browser(issuer, page)
    const tokens = await browser.signIn('103')
    await provider.stop()
    provider = await startProvider()
    expect((await browser.refresh(tokens.refresh_token)).status).toBe(200)
    const { response } = await browser.authorize(VERIFIER, { prompt: 'none' })
    expect(response.headers.get('location')).toContain('code=')
  })
})

describe('keys', () => {
  test('a new key signs at once; services take it up without a restart, and the old tokens stay good', async () => {
    const running = service()
    const old = await new Browser(issuer, page).signIn('101')
    expect((await running(`Bearer ${old.access_token}`)).userId).toBe('101')
    const keys = signingKeyFields.parse(JSON.parse(readFileSync(settingsFile, 'utf8')))
    writeFileSync(settingsFile, JSON.stringify(await rotateKeys(keys, new Date())))
    const fresh = await new Browser(issuer, page).signIn('102')
    expect(decodeProtectedHeader(fresh.access_token).kid).not.toBe(keys.jwtKeyId)
    await eventually(async () => {
      expect((await running(`Bearer ${fresh.access_token}`)).userId).toBe('102')
    })
    expect((await service()(`Bearer ${old.access_token}`)).userId).toBe('101')
    const renewed = await new Browser(issuer, page).refresh(old.refresh_token)
    expect(renewed.status).toBe(200)
  })

  test('that can’t be read leave those that are known', async () => {
    const text = readFileSync(settingsFile, 'utf8')
    writeFileSync(settingsFile, 'half a fil')
    const { access_token: token } = await new Browser(issuer, page).signIn('101')
    expect((await service()(`Bearer ${token}`)).userId).toBe('101')
    writeFileSync(settingsFile, text)
  })

  test('of a provider that is away go on verifying, and a service that starts meanwhile says "try again"', async () => {
    const running = service()
    const tokens = [
      await new Browser(issuer, page).signIn('101'),
      await new Browser(issuer, page).signIn('102'),
    ]
    const [first, second] = tokens.map(({ access_token: token }) => `Bearer ${token}`)
    await running(first)
    await provider.stop()
    expect((await running(second)).userId).toBe('102')
    const late = service()
    await expect(late(second)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    provider = await startProvider()
    await eventually(async () => expect((await late(second)).userId).toBe('102'))
  })
})

async function refusalOf(changes: Record<string, string>): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [MAIN], { env: { ...process.env, ...env(changes) }, stdio: 'pipe' })
  let said = ''
  child.stderr.on('data', (part) => (said += String(part)))
  await once(child, 'close')
  return { code: child.exitCode, said }
}

test('without Redis it publishes its keys, is ready, and asks people to try again', async () => {
  const [ownPort = 0, closedPort = 0] = await freePorts(2)
  const alone = await startProcess({
    name: 'identity',
    command: process.execPath,
    args: [MAIN],
    env: env({ IDENTITY_PORT: String(ownPort), REDIS_URL: `redis://127.0.0.1:${closedPort}` }),
    logFile: join(folder, 'alone.log'),
    pidFile: join(folder, 'alone.pid'),
    stopSignal: 'SIGTERM',
    stopDeadlineMs: 5_000,
    readyDeadlineMs: 120_000,
    isReady: async () => (await httpStatus(ownPort, '/health/live')) === 200,
  })
  const paths = ['/health/ready', '/identity/jwks', '/identity/auth', '/identity/page.css']
  const answers = await Promise.all(paths.map((path) => fetch(`http://127.0.0.1:${ownPort}${path}`)))
  await alone.stop()
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 503, 200])
  expect(answers.map(({ headers }) => headers.get('cache-control')).slice(2)).toEqual([
    'no-store',
    'public, max-age=300',
  ])
})

test('in production it does not start, and says why', async () => {
  const { code, said } = await refusalOf({ NODE_ENV: 'production', IDENTITY_PORT: 'none' })
  expect(code).toBe(1)
  expect(said).toMatch(
    /NODE_ENV: is production, where this identity provider must not run: .*without a password/,
  )
  expect(said).toContain('IDENTITY_PORT')
})

test.each(['JWKS_URL', 'JWT_SECRET', 'JWT_SECRET_FILE'])(
  'where %s is set it is not used, and ends without a failure',
  async (name) => {
    expect(await refusalOf({ [name]: 'https://id.example/keys' })).toEqual({ code: 0, said: '' })
  },
)

test('without a key it does not start', async () => {
  const file = join(folder, 'none.json')
  writeFileSync(file, '{"jwtSecret":"of an earlier version"}')
  const { code, said } = await refusalOf({ SETTINGS_FILE: file })
  expect([code, said]).toEqual([
    1,
    expect.stringContaining(`${file} has no keys to sign with (jwtPrivateKey`),
  ])
})
