import { mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { startProcess } from './process.ts'
import type { Placement, RunningProcess } from './process.ts'
import { accountForServer, writeFileFor } from './run-as.ts'
import type { Account } from './run-as.ts'
import { copyCertificate } from './server-certificate.ts'
import type { ServerCertificate } from './server-certificate.ts'

/** Where and how one Redis server runs. */
export interface RedisOptions extends Placement {
  /** The program, as `ensurePrograms` found it. */
  program: string
  dataFolder: string
  port: number
  /** Whether it keeps an append-only file, synced each second. */
  durable: boolean
  /** What clients have to say first; without it nobody is asked. */
  password?: string
  /** A second port, on which connections are encrypted. */
  tls?: { port: number; certificate: ServerCertificate }
}

const READY_DEADLINE_MS = 60_000
const STOP_DEADLINE_MS = 10_000
const PING_TIMEOUT_MS = 1_000

/** Runs Redis on the loopback address. A full Redis refuses writes: it never drops a key to make room. */
export async function startRedis(options: RedisOptions): Promise<RunningProcess> {
  mkdirSync(options.dataFolder, { recursive: true, mode: 0o700 })
  const account = await accountForServer(['redis', 'nobody'], options.dataFolder)
  const settings: Record<string, string> = {
    port: String(options.port),
    bind: '127.0.0.1',
    dir: options.dataFolder,
    appendonly: options.durable ? 'yes' : 'no',
    appendfsync: 'everysec',
    save: '',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
    ...(options.password === undefined ? {} : { requirepass: options.password }),
    ...(options.tls === undefined ? {} : tlsSettings(options.tls, options.dataFolder, account)),
  }
  // In a file, because everybody on the machine sees the arguments of a process.
  const file = join(options.dataFolder, 'redis.conf')
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${JSON.stringify(value)}\n`)
  writeFileFor(account, file, lines.join(''))
  return startProcess({
    name: 'Redis',
    command: options.program,
    args: [file],
    account,
    logFile: options.logFile,
    logLimits: options.logLimits,
    pidFile: options.pidFile,
    signal: options.signal,
    stopSignal: 'SIGTERM',
    stopDeadlineMs: STOP_DEADLINE_MS,
    readyDeadlineMs: READY_DEADLINE_MS,
    isReady: () => ping(options),
  })
}

function tlsSettings(
  { port, certificate }: NonNullable<RedisOptions['tls']>,
  dataFolder: string,
  account: Account | undefined,
): Record<string, string> {
  const { certificateFile, keyFile } = copyCertificate(certificate, dataFolder, account)
  return {
    'tls-port': String(port),
    'tls-cert-file': certificateFile,
    'tls-key-file': keyFile,
    // Clients have a password, and no certificate.
    'tls-auth-clients': 'no',
  }
}

/** Redis answers +PONG once it serves; while it still loads its data it answers with an error. */
function ping({ port, password }: Pick<RedisOptions, 'port' | 'password'>): Promise<boolean> {
  const hello = password === undefined ? '' : `AUTH ${password}\r\n`
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const settle = (ready: boolean): void => {
      socket.destroy()
      resolve(ready)
    }
    socket.setTimeout(PING_TIMEOUT_MS, () => settle(false))
    socket.once('error', () => settle(false))
    socket.once('close', () => settle(false))
    socket.once('connect', () => socket.write(`${hello}PING\r\n`))
    let answer = ''
    socket.on('data', (part) => {
      answer += part.toString()
      if (/^[-+]/m.test(answer.replace(hello === '' ? '' : '+OK\r\n', ''))) settle(answer.includes('+PONG'))
    })
  })
}
