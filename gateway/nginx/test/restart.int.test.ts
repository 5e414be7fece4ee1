import { afterAll, expect, test } from '@jest/globals'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { connect } from 'node:tls'
import { ensurePrograms } from '@frontrow/local-stack/install'
import { ensureCertificate, startNginx } from '@frontrow/local-stack/nginx'
import { freePorts, whyNotListen } from '@frontrow/local-stack/ports'
import type { RunningProcess } from '@frontrow/local-stack/process'
import type { LogLimits } from '@frontrow/local-stack/rotating-log'
import { eventually } from '@frontrow/test-kit/eventually'
import { readRateLimits } from '../../../scripts/gateway-settings.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A data folder that everybody may enter, with a folder for the certificate that only we may enter. */
function makeDataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'frontrow-nginx-restart-test-'))
  folders.push(folder)
  chmodSync(folder, 0o755)
  mkdirSync(join(folder, 'tls'), { mode: 0o700 })
  return folder
}

/** Starts Nginx as `npm start` does: the same folders, ports and certificate each time. */
async function nginxIn(
  folder: string,
  servicePort?: number,
  logLimits?: LogLimits,
): Promise<{ port: number; tlsPort: number; start: () => Promise<RunningProcess> }> {
  const { nginx: program, openssl } = await ensurePrograms(['nginx', 'openssl'], () => {})
  if (program === undefined || openssl === undefined) throw new Error('ensurePrograms left a program out')
  const [port = 0, tlsPort = 0, closedPort = 0] = await freePorts(3)
  const services = ['queue', 'catalog', 'reservation', 'payment', 'wallet', 'health']
  const start = async (): Promise<RunningProcess> =>
    startNginx({
      rateLimits: readRateLimits({}),
      program,
      templateFile: join(import.meta.dirname, '..', 'nginx.conf.template'),
      stateFolder: join(folder, 'nginx'),
      logFile: join(folder, 'log', 'nginx.log'),
      logLimits,
      accessLogFile: join(folder, 'log', 'nginx-refused.log'),
      pidFile: join(folder, 'nginx.pid'),
      port,
      tlsPort,
      certificate: await ensureCertificate(openssl, join(folder, 'tls')),
      upstreams: Object.fromEntries(
        services.map((name) => [name, [`127.0.0.1:${servicePort ?? closedPort}`]]),
      ),
    })
  return { port, tlsPort, start }
}

async function servedCertificate(port: number): Promise<string | undefined> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
  try {
    await once(socket, 'secureConnect')
    return socket.getPeerX509Certificate()?.fingerprint256
  } finally {
    socket.destroy()
  }
}

/** The user that a process runs as. Unless we are root, that can only be our own. */
function accountOf(pid: number): number | undefined {
  const ours = process.getuid?.()
  return ours === 0 ? statSync(`/proc/${pid}`).uid : ours
}

test('a request in hand is answered when Nginx is stopped, and no other is taken', async () => {
  const held: ServerResponse[] = []
  const service = createServer((request, response) => {
    if (request.url === '/health/live') response.end()
    else held.push(response)
  })
  service.listen(0, '127.0.0.1')
  await once(service, 'listening')
  const address = service.address()
  if (address === null || typeof address === 'string') throw new Error('the service has no port')
  const { port, start } = await nginxIn(makeDataFolder(), address.port)
  const nginx = await start()
  try {
    const answer = fetch(`http://127.0.0.1:${port}/api/v1/concerts/1`)
    await eventually(() => expect(held).toHaveLength(1))
    const stopped = nginx.stop()
    await eventually(async () => expect(await whyNotListen(port)).toBeNull())
    held[0]?.end('{"late":true}')
    expect(await (await answer).json()).toEqual({ late: true })
    await stopped
  } finally {
    await nginx.stop()
    service.closeAllConnections()
    service.close()
  }
})

test.each<{ ended: string; end: (nginx: RunningProcess) => Promise<unknown> }>([
  { ended: 'stopped', end: (nginx) => nginx.stop() },
  {
    ended: 'killed outright',
    end: (nginx) => {
      process.kill(nginx.pid, 'SIGKILL')
      return nginx.exited
    },
  },
])(
  'Nginx that was $ended starts again in its folders with its certificate, and never as root',
  async ({ end }) => {
    const folder = makeDataFolder()
    const { tlsPort, start } = await nginxIn(folder)
    const certificates: (string | undefined)[] = []
    for (const _start of ['first', 'second']) {
      const nginx = await start()
      try {
        certificates.push(await servedCertificate(tlsPort))
        expect(accountOf(nginx.pid)).not.toBe(0)
        await end(nginx)
        // A worker that is left behind would answer in place of the next Nginx.
        await eventually(async () => expect(await whyNotListen(tlsPort)).toBeNull())
      } finally {
        await nginx.stop()
      }
    }
    const made = new X509Certificate(readFileSync(join(folder, 'tls', 'certificate.pem'))).fingerprint256
    expect(certificates).toEqual([made, made])
    const { mode, uid } = statSync(join(folder, 'tls'))
    expect({ mode: mode & 0o777, uid }).toEqual({ mode: 0o700, uid: process.getuid?.() })
  },
)

test('the log of refusals is put aside when it is full, and no line is lost or cut', async () => {
  const folder = makeDataFolder()
  const { port, start } = await nginxIn(folder, undefined, { bytesMax: 5_000, filesMax: 20 })
  const log = join(folder, 'log', 'nginx-refused.log')
  const files = (): string[] => readdirSync(join(folder, 'log')).filter((name) => /refused/.test(name))
  const nginx = await start()
  let sent = 0
  try {
    // Twice: after the first time the file was made by us, and Nginx has to be able to write to it.
    while (files().length < 3) {
      await fetch(`http://127.0.0.1:${port}/api/none/${sent}`)
      sent += 1
    }
  } finally {
    await nginx.stop()
  }
  const lines = files().flatMap((name) =>
    readFileSync(join(dirname(log), name), 'utf8')
      .trimEnd()
      .split('\n'),
  )
  const paths = lines.filter((line) => line !== '').map((line) => String(JSON.parse(line).requestId))
  expect(new Set(paths).size).toBe(sent)
  expect(paths).toHaveLength(sent)
})
