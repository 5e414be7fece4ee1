/**
 * An identity provider for development: OpenID Connect as in production, with people who need no password. npm start and Docker
 * Compose run it; in production it refuses to start.
 */
import { FailureLog } from '@frontrow/failure-log/failure-log'
import { withoutSecrets } from '@frontrow/settings/kept-secrets'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import type { Logger } from 'pino'
import { readProviderSettings } from './config.ts'
import { CurrentProvider } from './current-provider.ts'
import { serveProvider } from './server.ts'

const COMMAND_TIMEOUT_MS = 2_000
const RECONNECT_PAUSE_MS = 500

/** A command that can't be sent now fails at once, and the person is asked to try again. */
function connectRedis(url: string, logger: Logger): Redis {
  const redis = new Redis(url, {
    connectionName: 'frontrow-identity',
    connectTimeout: COMMAND_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: () => RECONNECT_PAUSE_MS,
  })
  const failures = new FailureLog(logger, 'the connection to Redis failed')
  redis.on('error', (error) => failures.failed(error))
  redis.on('ready', () => failures.succeeded())
  return redis
}

async function main(): Promise<void> {
  // Compose starts every container; where tokens come from elsewhere, this one has nothing to do.
  const instead = ['JWKS_URL', 'JWT_SECRET', 'JWT_SECRET_FILE'].find((name) => process.env[name])
  if (instead !== undefined) {
    process.stdout.write(
      `identity: ${instead} is set, so the identity provider for development is not used\n`,
    )
    return
  }
  const settings = readProviderSettings(process.env)
  const logger = pino({
    level: settings.LOG_LEVEL,
    base: { service: 'identity' },
    hooks: { streamWrite: withoutSecrets },
  })
  const redis = connectRedis(settings.REDIS_URL, logger)
  const current = await CurrentProvider.read(settings, redis, logger)
  const server = await serveProvider({ settings, current, redis, logger })
  logger.info({ issuer: settings.OIDC_ISSUER }, 'ready')
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      server.close(() => {
        redis.disconnect()
        process.exit(0)
      })
      server.closeIdleConnections()
      // Whoever still waits for an answer gets it within the deadline of Redis.
      setTimeout(() => process.exit(0), COMMAND_TIMEOUT_MS).unref()
    })
  }
}

try {
  await main()
} catch (error) {
  process.stderr.write(`identity: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
