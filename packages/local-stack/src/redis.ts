import { mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { startProcess } from './process.ts'
import type { Placement, RunningProcess } from './process.ts'

/** Where and how one Redis server runs. */
export interface RedisOptions extends Placement {
  /** The program, as `ensurePrograms` found it. */
  program: string
  dataFolder: string
  port: number
  /** Whether it keeps an append-only file, synced each second. */
  durable: boolean
}

const READY_DEADLINE_MS = 60_000
const STOP_DEADLINE_MS = 10_000
const PING_TIMEOUT_MS = 1_000

/** Runs Redis on the loopback address. A full Redis refuses writes: it never drops a key to make room. */
export async function startRedis(options: RedisOptions): Promise<RunningProcess> {
  mkdirSync(options.dataFolder, { recursive: true, mode: 0o700 })
  const settings: Record<string, string> = {
    port: String(options.port),
    bind: '127.0.0.1',
    dir: options.dataFolder,
    appendonly: options.durable ? 'yes' : 'no',
    appendfsync: 'everysec',
    save: '',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
  }
  return startProcess({
    name: 'Redis',
    command: options.program,
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    logFile: options.logFile,
    logLimits: options.logLimits,
    pidFile: options.pidFile,
    signal: options.signal,
    stopSignal: 'SIGTERM',
    stopDeadlineMs: STOP_DEADLINE_MS,
    readyDeadlineMs: READY_DEADLINE_MS,
    isReady: () => ping(options.port),
  })
}

/** Redis answers +PONG once it serves; while it still loads its data it answers with an error. */
function ping(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const settle = (ready: boolean): void => {
      socket.destroy()
      resolve(ready)
    }
    socket.setTimeout(PING_TIMEOUT_MS, () => settle(false))
    socket.once('error', () => settle(false))
    socket.once('close', () => settle(false))
    socket.once('connect', () => socket.write('PING\r\n'))
    socket.once('data', (reply) => settle(reply.toString().startsWith('+PONG')))
  })
}
