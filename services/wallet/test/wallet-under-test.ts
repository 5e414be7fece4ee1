import type { CardProvider } from '@frontrow/card-provider/card-provider'
import { createClient } from '@frontrow/postgres/pool'
import { readConfig } from '@frontrow/service-host/config'
import { createTestEnvironment, tokenFor } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { z } from 'zod'
import { checkWalletInvariants } from '../src/check-ledger.ts'
import { settings } from '../src/config.ts'
import { startWallet } from '../src/start.ts'
import type { RunningWallet } from '../src/start.ts'

const Envelope = z.object({
  success: z.boolean(),
  data: z.record(z.string(), z.unknown()).optional(),
  error: z
    .object({ code: z.string(), message: z.string(), details: z.unknown(), requestId: z.string() })
    .optional(),
})

/** An answer of the REST API. */
interface Answer extends z.output<typeof Envelope> {
  status: number
  replayed: string | null
  location: string | null
  retryAfter: string | null
}

/** One call; `user` signs it. */
interface Call {
  user?: string
  admin?: boolean
  key?: string
  body?: unknown
}

/** A wallet service on a database of its own, and ways to ask and to look. */
export interface WalletUnderTest {
  environment: TestEnvironment
  wallet: RunningWallet
  /** Owner of every table, as the migration step. */
  owner: ReturnType<typeof createClient>
  /** Another instance on the same database, which ends with this one. */
  startAnother(): Promise<RunningWallet>
  /** Asks one instance, the first one by default. */
  call(method: 'GET' | 'POST', path: string, call?: Call, instance?: RunningWallet): Promise<Answer>
  charge(user: string, amount: number, key?: string): Promise<Answer>
  use(user: string, amount: number, key?: string): Promise<Answer>
  balance(user: string): Promise<unknown>
  /** All invariants the service can check, as `number: violations`. */
  violations(): Promise<Record<number, string[]>>
  dispose(): Promise<void>
}

let keys = 0
const freshKey = (): string => `key-${(keys += 1)}`

/** Starts the service in this process with the test run's servers behind it. */
export async function startWalletUnderTest(
  options: { env?: Record<string, string>; topics?: boolean; cardProvider?: CardProvider } = {},
): Promise<WalletUnderTest> {
  const environment = await createTestEnvironment({ topics: options.topics ?? false })
  const config = readConfig(settings, { ...environment.serviceEnv('wallet'), ...options.env })
  const fatal: Error[] = []
  const { cardProvider } = options
  const instances: RunningWallet[] = []
  const start = async (): Promise<RunningWallet> => {
    const instance = await startWallet(config, {
      onFatal: (error) => fatal.push(error),
      processMetrics: false,
      ...(cardProvider === undefined ? {} : { cardProvider }),
    })
    instances.push(instance)
    return instance
  }
  const wallet = await start()
  const owner = createClient(environment.adminDatabaseUrl, 'wallet-test')
  await owner.connect()
  await owner.query('SET search_path = wallet')

  const call: WalletUnderTest['call'] = async (
    method,
    path,
    { user, admin = false, key, body } = {},
    instance = wallet,
  ) => {
    const headers = new Headers()
    if (user !== undefined) headers.set('Authorization', `Bearer ${await tokenFor(user, { admin })}`)
    if (key !== undefined) headers.set('Idempotency-Key', key)
    if (body !== undefined) headers.set('Content-Type', 'application/json')
    const response = await fetch(`http://127.0.0.1:${instance.ports.http}/api/v1${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    })
    const envelope = Envelope.parse(await response.json())
    return {
      ...envelope,
      status: response.status,
      replayed: response.headers.get('idempotency-replayed'),
      location: response.headers.get('location'),
      retryAfter: response.headers.get('retry-after'),
    }
  }
  const post = (path: string) => (user: string, amount: number, key?: string) =>
    call('POST', `/users/${user}/${path}`, { user, key: key ?? freshKey(), body: { amount } })

  return {
    environment,
    wallet,
    owner,
    startAnother: start,
    call,
    charge: post('balance/charge'),
    use: post('point/use'),
    balance: async (user) => (await call('GET', `/users/${user}/balance`, { user })).data?.['currentBalance'],
    violations: async () => {
      // Where there are no topics nobody publishes, and a message that waits for half a minute would be one.
      if (options.topics !== true) await owner.query('UPDATE outbox SET published_at = now()')
      const checks = await checkWalletInvariants(wallet.ctx)
      return Object.fromEntries(checks.map((check) => [check.number, check.violations]))
    },
    dispose: async () => {
      await owner.end()
      await Promise.all(instances.map((instance) => instance.stop()))
      await environment.dispose()
      if (fatal[0] !== undefined) throw fatal[0]
    },
  }
}
