import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensurePrograms } from '@frontrow/local-stack/install'
import { ensureCertificate, startNginx } from '@frontrow/local-stack/nginx'
import type { NginxOptions } from '@frontrow/local-stack/nginx-options'
import { freePorts } from '@frontrow/local-stack/ports'
import { readRateLimits } from '../../../scripts/gateway-settings.ts'

/** A gateway that runs, with one server in place of all services. */
export interface StartedGateway {
  url: string
  port: number
  tlsPort: number
  /** Where refusals are logged. */
  accessLogFile: string
  pid: number
  /** The requests that got through to a service, as `GET /path`. */
  passedOn: string[]
  /** X-Forwarded-For of each of them. */
  forwardedFor: string[]
  stop(): Promise<void>
}

const GROUPS = ['queue', 'catalog', 'reservation', 'payment', 'wallet', 'health']

/** Starts Nginx in a folder of its own. `limits` are settings of rates as the environment has them; `serve` answers for the services. */
export async function startGateway(
  given: Partial<NginxOptions> & { limits?: Record<string, string>; serve?: RequestListener } = {},
): Promise<StartedGateway> {
  const { limits = {}, serve = answerEmpty, ...options } = given
  const folder = mkdtempSync(join(tmpdir(), 'frontrow-gateway-test-'))
  chmodSync(folder, 0o711)
  const passedOn: string[] = []
  const forwardedFor: string[] = []
  const service = createServer(
    (request: IncomingMessage, response: ServerResponse & { req: IncomingMessage }) => {
      passedOn.push(`${request.method} ${request.url}`)
      forwardedFor.push(String(request.headers['x-forwarded-for']))
      serve(request, response)
    },
  )
  service.listen(0, '127.0.0.1').unref()
  await once(service, 'listening')
  const address = service.address()
  if (address === null || typeof address === 'string') throw new Error('the service has no port')
  const { nginx: program, openssl } = await ensurePrograms(['nginx', 'openssl'], () => {})
  if (program === undefined || openssl === undefined) throw new Error('ensurePrograms left a program out')
  const [port = 0, tlsPort = 0] = await freePorts(2)
  const accessLogFile = join(folder, 'access.log')
  const nginx = await startNginx({
    program,
    templateFile: join(import.meta.dirname, '..', 'nginx.conf.template'),
    stateFolder: join(folder, 'nginx'),
    logFile: join(folder, 'nginx.log'),
    accessLogFile,
    pidFile: join(folder, 'nginx.pid'),
    port,
    tlsPort,
    certificate: await ensureCertificate(openssl, join(folder, 'tls')),
    upstreams: Object.fromEntries(GROUPS.map((name) => [name, [`127.0.0.1:${address.port}`]])),
    rateLimits: readRateLimits(limits),
    ...options,
  })
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    tlsPort,
    accessLogFile,
    pid: nginx.pid,
    passedOn,
    forwardedFor,
    stop: async () => {
      await nginx.stop()
      service.closeAllConnections()
      service.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function answerEmpty(_request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Content-Type', 'application/json')
  response.end('{}')
}

/** Sends bytes that need not be HTTP, and returns what comes back until the gateway closes. */
export function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port })
    let answer = ''
    socket.setEncoding('utf8')
    socket.on('data', (data: string) => (answer += data))
    socket.once('error', reject)
    socket.once('close', () => resolve(answer))
    socket.write(text)
  })
}
