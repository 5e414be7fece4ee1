import { readFileSync } from 'node:fs'
import { FailureLog } from '@frontrow/failure-log/failure-log'
import type { Logger } from '@frontrow/service-host/logger'
import { Redis } from 'ioredis'
import { scripts } from './room-scripts.ts'

const CONNECT_TIMEOUT_MS = 1_000
const RECONNECT_PAUSE_MAX_MS = 1_000

/**
 * Commands that are made without waiting for each other go to the server in one write. `enableAutoPipelining` would do this too, but
 * has the next commands wait until all of the last ones are answered.
 */
class JoinedWritesRedis extends Redis {
  override sendCommand(...sent: Parameters<Redis['sendCommand']>): unknown {
    const socket: Redis['stream'] | undefined = this.stream
    if (socket !== undefined && socket.writableCorked === 0) {
      socket.cork()
      process.nextTick(() => socket.uncork())
    }
    return super.sendCommand(...sent)
  }
}

/**
 * The connection to the waiting rooms. Nothing is queued or sent again behind the caller's back: while Redis is away a
 * command fails at once, and the room is served from PostgreSQL.
 */
export function createRedis(options: {
  url: string
  /** The authorities of a server with TLS (rediss://), as a file; those that Node knows by default. */
  caFile?: string | undefined
  commandTimeoutMs: number
  logger: Logger
}): Redis {
  if (options.caFile !== undefined && !options.url.startsWith('rediss:')) {
    throw new Error('REDIS_CA_FILE is set, so REDIS_URL must begin with rediss://')
  }
  const redis = new JoinedWritesRedis(options.url, {
    connectionName: 'frontrow-queue',
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: options.commandTimeoutMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    keepAlive: 10_000,
    retryStrategy: (attempt) => Math.min(RECONNECT_PAUSE_MAX_MS, 50 * 2 ** Math.min(attempt, 6)),
    scripts,
    ...(options.caFile === undefined ? {} : { tls: { ca: readFileSync(options.caFile) } }),
  })
  const failures = new FailureLog(options.logger, 'the connection to Redis failed')
  redis.on('ready', () => failures.succeeded())
  redis.on('error', (error) => failures.failed(error))
  return redis
}
