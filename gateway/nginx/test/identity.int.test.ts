import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensurePrograms } from '@frontrow/local-stack/install'
import { ensureCertificate, startNginx } from '@frontrow/local-stack/nginx'
import { freePorts } from '@frontrow/local-stack/ports'
import type { RunningProcess } from '@frontrow/local-stack/process'
import { readRateLimits } from '../../../scripts/gateway-settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'frontrow-nginx-identity-'))
chmodSync(folder, 0o711)
const provider: Server = createServer((_request, response) => response.end('the identity provider'))
const gateways: RunningProcess[] = []
let withProvider = 0
let withoutProvider = 0

async function startGateway(name: string, identity: Record<string, string[]>): Promise<number> {
  const { nginx: program, openssl } = await ensurePrograms(['nginx', 'openssl'], () => {})
  if (program === undefined || openssl === undefined) throw new Error('ensurePrograms left a program out')
  const [port = 0, tlsPort = 0, closedPort = 0] = await freePorts(3)
  const services = ['queue', 'catalog', 'reservation', 'payment', 'wallet', 'health']
  const gateway = await startNginx({
    program,
    templateFile: join(import.meta.dirname, '..', 'nginx.conf.template'),
    stateFolder: join(folder, name),
    logFile: join(folder, `${name}.log`),
    accessLogFile: join(folder, `${name}-access.log`),
    pidFile: join(folder, `${name}.pid`),
    port,
    tlsPort,
    certificate: await ensureCertificate(openssl, join(folder, 'tls')),
    upstreams: {
      ...Object.fromEntries(services.map((service) => [service, [`127.0.0.1:${closedPort}`]])),
      ...identity,
    },
    rateLimits: readRateLimits({}),
  })
  gateways.push(gateway)
  return port
}

beforeAll(async () => {
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
  const address = provider.address()
  const providerPort = typeof address === 'object' ? address?.port : undefined
  withProvider = await startGateway('with', { identity: [`127.0.0.1:${providerPort}`] })
  withoutProvider = await startGateway('without', {})
})

afterAll(async () => {
  for (const gateway of gateways) await gateway.stop()
  provider.closeAllConnections()
  provider.close()
  rmSync(folder, { recursive: true, force: true })
})

async function answerTo(url: string): Promise<unknown[]> {
  const answer = await fetch(url, { redirect: 'manual' })
  return [answer.status, answer.headers.get('content-type'), await answer.text()]
}

const refusal = (status: number, code: string): unknown[] => [
  status,
  'application/json; charset=utf-8',
  expect.stringContaining(`{"success":false,"error":{"code":"${code}"`),
]

test('this machine reaches the identity provider for development, without a limit on its requests', async () => {
  const answers = Array.from({ length: 60 }, () => answerTo(`http://127.0.0.1:${withProvider}/identity/auth`))
  for (const answer of await Promise.all(answers)) expect(answer[0]).toBe(200)
})

// A request to another address of this machine comes from that address, as one from elsewhere would.
const elsewhere = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address
const [testWithNetwork, why] =
  elsewhere === undefined ? [test.skip, ' (skipped: this machine has no address but its own)'] : [test, '']

testWithNetwork(`others do not: they could sign in as the operator${why}`, async () => {
  const gateway = `http://${elsewhere}:${withProvider}`
  for (const path of ['/identity/auth', '/identity/jwks', '/identity/interaction/x']) {
    expect(await answerTo(gateway + path)).toEqual(refusal(403, 'FORBIDDEN'))
  }
  expect((await answerTo(`${gateway}/health/live`))[0]).toBe(200)
})

test('where there is none, its paths are 404 in JSON', async () => {
  for (const path of ['/identity/auth', '/identity/', '/identity']) {
    expect(await answerTo(`http://127.0.0.1:${withoutProvider}${path}`)).toEqual(refusal(404, 'NOT_FOUND'))
  }
})

test('/identity itself is no path of it', async () => {
  expect(await answerTo(`http://127.0.0.1:${withProvider}/identity`)).toEqual(refusal(404, 'NOT_FOUND'))
})
