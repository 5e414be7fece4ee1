import { join } from 'node:path'
import { httpStatus } from '@frontrow/local-stack/http-status'
import { startProcess } from '@frontrow/local-stack/process'
import { readPageSettings } from './gateway-settings.ts'
import { writeIdentityKeys } from './up-settings.ts'
import type { Secrets, UpSettings } from './up-settings.ts'
import { compileCache } from './up-account.ts'
import type { Stack } from './up-stack.ts'

const ROOT = join(import.meta.dirname, '..')
const READY_DEADLINE_MS = 120_000
const STOP_DEADLINE_MS = 5_000

/** Where the services read the keys of the identity provider for development. */
export function developmentJwksUrl(port: number): string {
  return `http://127.0.0.1:${port}/identity/jwks`
}

/** Starts the identity provider for development. It is reached through the gateway; only the services ask it directly, for its keys. */
export async function startIdentityProvider(
  stack: Stack,
  { port: gatewayPort, tlsPort, dataFolder, accessTokenSeconds, tokens, given }: UpSettings,
  port: number,
  secrets: Secrets,
  redis: string,
): Promise<void> {
  const keysFile = writeIdentityKeys(dataFolder, secrets, stack.account)
  const { OIDC_CLIENT_ID, OIDC_RESOURCE } = readPageSettings(given)
  const origins = ['localhost', '127.0.0.1'].flatMap((host) => [
    `http://${host}:${gatewayPort}`,
    `https://${host}:${tlsPort}`,
  ])
  await stack.start('identity', (signal) =>
    startProcess({
      name: 'identity',
      command: process.execPath,
      args: [
        '--max-semi-space-size=2',
        '--max-old-space-size=128',
        join(ROOT, 'packages/identity-provider/src/main.ts'),
      ],
      cwd: ROOT,
      env: {
        HOST: '127.0.0.1',
        IDENTITY_PORT: String(port),
        OIDC_ISSUER: tokens.issuer,
        OIDC_CLIENT_ID,
        OIDC_RESOURCE,
        JWT_AUDIENCE: tokens.audience,
        LOG_LEVEL: given['LOG_LEVEL'] ?? '',
        ROLES_CLAIM: given['ROLES_CLAIM'] ?? '',
        ROLE_MAPPING: given['ROLE_MAPPING'] ?? '',
        ACCESS_TOKEN_SECONDS: String(accessTokenSeconds),
        PAGE_ORIGINS: origins.join(','),
        SETTINGS_FILE: keysFile,
        REDIS_URL: redis,
        NODE_COMPILE_CACHE: compileCache(dataFolder),
      },
      account: stack.account,
      ...stack.placement('identity'),
      signal,
      stopSignal: 'SIGTERM',
      stopDeadlineMs: STOP_DEADLINE_MS,
      readyDeadlineMs: READY_DEADLINE_MS,
      // Live is enough: while Redis is away it publishes its keys, and has not failed.
      isReady: async () => (await httpStatus(port, '/health/live')) === 200,
    }),
  )
}
