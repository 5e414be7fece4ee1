import { join } from 'node:path'
import { publishedKeys } from '@frontrow/identity-provider/signing-keys'
import { httpStatus } from '@frontrow/local-stack/http-status'
import type { Upstreams } from '@frontrow/local-stack/nginx-options'
import { freePorts } from '@frontrow/local-stack/ports'
import { startProcess } from '@frontrow/local-stack/process'
import { runCommand } from '@frontrow/local-stack/run-command'
import { tiedToUs } from '@frontrow/local-stack/run-as'
import { ADMIN_ROLE, DATABASE, KAFKA_ADMIN } from './up-servers.ts'
import type { ServerPorts } from './up-servers.ts'
import { passwordVariable } from './migrate-settings.ts'
import { certificatesFolder, grpcCertificateEnv } from './service-certificates.ts'
import { perService, serviceNames } from './services.ts'
import type { ServiceName } from './services.ts'
import { signingKeysOf } from './up-settings.ts'
import type { Secrets, TokenSource, UpSettings } from './up-settings.ts'
import { compileCache } from './up-account.ts'
import { environmentOf } from './up-environment.ts'
import { developmentJwksUrl } from './up-identity.ts'
import { mailEnv } from './up-mailbox.ts'
import type { NotifyPorts } from './up-mailbox.ts'
import type { Stack } from './up-stack.ts'

/** The three ports of one service. */
interface ServicePorts {
  http: number
  grpc: number
  ops: number
}

/** The ports of all services. */
type AllServicePorts = Readonly<Record<ServiceName, ServicePorts>>

/** All ports of a copy but the gateway's. */
export interface ChosenPorts {
  servers: ServerPorts
  /** Of each instance. There is one at least. */
  services: readonly [AllServicePorts, ...AllServicePorts[]]
  notify: NotifyPorts
  identity: number
}

const ROOT = join(import.meta.dirname, '..')
const WARM_TIMEOUT_MS = 240_000
const MIGRATE_TIMEOUT_MS = 240_000
const READY_DEADLINE_MS = 180_000
/** A service first finishes its open requests, HTTP and gRPC in 8 s each at most; then its consumers and its relay end. */
const SHUTDOWN_TIMEOUT_MS = Number(process.env['SHUTDOWN_TIMEOUT_MS'] || 20_000)
const STOP_DEADLINE_MS = SHUTDOWN_TIMEOUT_MS + 2_000

/** Free ports for the servers and for so many instances of each service, all different. */
export async function choosePorts(instances: number): Promise<ChosenPorts> {
  const ports = await freePorts(4 + instances * serviceNames.length * 3 + 4)
  const next = (): number => {
    const port = ports.pop()
    if (port === undefined) throw new Error('freePorts gave too few')
    return port
  }
  const three = (): ServicePorts => ({ http: next(), grpc: next(), ops: next() })
  return {
    servers: { postgres: next(), redis: next(), kafka: next(), kafkaController: next() },
    services: [perService(three), ...Array.from({ length: instances - 1 }, () => perService(three))],
    notify: { ops: next(), mailbox: { smtp: next(), http: next() } },
    identity: next(),
  }
}

/** The database as a role sees it. */
export function databaseUrl(role: string, password: string, port: number): string {
  return `postgres://${role}:${password}@127.0.0.1:${port}/${DATABASE}`
}

/** Redis as those see it who have its password. */
export function redisUrl(password: string, port: number): string {
  return `redis://:${password}@127.0.0.1:${port}`
}

/** How a process proves to Kafka who it is. What the environment says of an operator's own Kafka is not meant for this one. */
function kafkaLogin(name: string, password: string): Record<string, string> {
  return {
    KAFKA_TLS: 'no',
    KAFKA_CA_FILE: '',
    KAFKA_SASL_MECHANISM: 'plain',
    KAFKA_USERNAME: name,
    KAFKA_PASSWORD: password,
  }
}

/**
 * A service keeps little in memory, so a young generation smaller than V8's default (up to 48 MB) costs hardly more CPU. With these
 * flags, and garbage collected at rest (tidy-memory.ts), an idle service has 97 to 109 MB and queue 114 MB, 129 after the very first
 * start, which compiles everything. deploy/Dockerfile, docker-compose.yml and deploy/k8s/base/service/deployment.yaml have the same flags.
 */
export const HEAP_FLAGS = ['--max-semi-space-size=8', '--max-old-space-size=384', '--expose-gc']

/** Fills the compile cache for the services; with what is there already it takes a second. */
export async function warmCompileCache(stack: Stack): Promise<void> {
  const script = join(ROOT, 'scripts', 'warm-compile-cache.ts')
  // V8 uses a cache only under the flags that it was made with, so they must be the services' own.
  const line = tiedToUs(process.execPath, [...HEAP_FLAGS, script], 'SIGTERM', stack.account)
  await runCommand('compiling the services', line.command, line.args, {
    timeoutMs: WARM_TIMEOUT_MS,
    cwd: ROOT,
    signal: stack.halted,
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache(stack.dataFolder) },
  })
}

/** Makes schemas, roles, tables and topics, or brings them up to date. */
export async function migrate(stack: Stack, secrets: Secrets, ports: ServerPorts): Promise<void> {
  const passwords = serviceNames.map((name) => [passwordVariable(name), secrets.servicePasswords[name]])
  const script = join(ROOT, 'scripts', 'migrate.ts')
  const line = tiedToUs(process.execPath, [script], 'SIGTERM', stack.account)
  await runCommand('the migration step', line.command, line.args, {
    timeoutMs: MIGRATE_TIMEOUT_MS,
    cwd: ROOT,
    signal: stack.halted,
    env: environmentOf('migrate', process.env, {
      ...Object.fromEntries(passwords),
      NODE_COMPILE_CACHE: compileCache(stack.dataFolder),
      ADMIN_DATABASE_URL: databaseUrl(ADMIN_ROLE, secrets.adminPassword, ports.postgres),
      KAFKA_BROKERS: `127.0.0.1:${ports.kafka}`,
      ...kafkaLogin(KAFKA_ADMIN, secrets.kafkaPasswords.admin),
      KAFKA_ACLS: 'yes',
    }),
  })
}

/** Starts all instances of the five services at once, and the process that sends mail and webhooks. */
export async function startServices(
  stack: Stack,
  secrets: Secrets,
  { tokens, given }: UpSettings,
  ports: ChosenPorts,
): Promise<void> {
  const { services, notify } = ports
  const started = services.flatMap((own, index) =>
    serviceNames.map((name) =>
      startService(stack, {
        // The first is called by its service's name, as where there is one.
        name: index === 0 ? name : `${name}-${index + 1}`,
        main: join('services', name, 'src', 'main.ts'),
        ops: own[name].ops,
        env: environmentOf(name, process.env, {
          ...serviceEnv(name, stack.dataFolder, secrets, ports, own[name]),
          ...grpcCertificateEnv(certificatesFolder(stack.dataFolder), name),
          ...tokenEnv(secrets, tokens, ports.identity),
          SYSTEM_OPS_URLS: opsUrls(tokens, ports),
        }),
      }),
    ),
  )
  const notifying = startService(stack, {
    name: 'notify',
    main: join('services', 'payment', 'src', 'notify-main.ts'),
    ops: notify.ops,
    env: environmentOf('notify', process.env, {
      ...serviceEnv('payment', stack.dataFolder, secrets, ports, services[0].payment),
      ...grpcCertificateEnv(certificatesFolder(stack.dataFolder), 'notify'),
      OPS_PORT: String(notify.ops),
      ...mailEnv(given, notify),
    }),
  })
  await stack.together([...started, notifying])
}

function startService(
  stack: Stack,
  { name, main, ops, env }: { name: string; main: string; ops: number; env: NodeJS.ProcessEnv },
): Promise<void> {
  return stack.start('services', (signal) =>
    startProcess({
      name,
      command: process.execPath,
      args: [...HEAP_FLAGS, join(ROOT, main)],
      cwd: ROOT,
      env,
      account: stack.account,
      ...stack.placement(name),
      signal,
      stopSignal: 'SIGTERM',
      stopDeadlineMs: STOP_DEADLINE_MS,
      readyDeadlineMs: READY_DEADLINE_MS,
      // Live is enough. A service that waits for a server is not ready, but it has not failed.
      isReady: async () => (await httpStatus(ops, '/health/live')) === 200,
    }),
  )
}

/** The settings of an instance of a service that npm start decides; it listens on `own`. */
function serviceEnv(
  name: ServiceName,
  dataFolder: string,
  secrets: Secrets,
  { servers, services }: ChosenPorts,
  own: ServicePorts,
): Record<string, string> {
  const targets = serviceNames.map((other) => [
    `${other.toUpperCase()}_GRPC`,
    `ipv4:${services.map((each) => `127.0.0.1:${each[other].grpc}`).join(',')}`,
  ])
  const queueOnly = {
    REDIS_URL: redisUrl(secrets.redisPassword, servers.redis),
    REDIS_CA_FILE: '',
  }
  return {
    ...Object.fromEntries(targets),
    ...(name === 'queue' ? queueOnly : {}),
    ...(name === 'reservation' ? { TICKET_SIGNING_KEY: secrets.ticketSigningKey } : {}),
    HOST: '127.0.0.1',
    HTTP_PORT: String(own.http),
    GRPC_PORT: String(own.grpc),
    OPS_PORT: String(own.ops),
    DATABASE_URL: databaseUrl(name, secrets.servicePasswords[name], servers.postgres),
    KAFKA_BROKERS: `127.0.0.1:${servers.kafka}`,
    ...kafkaLogin(name, secrets.kafkaPasswords[name]),
    SHUTDOWN_TIMEOUT_MS: String(SHUTDOWN_TIMEOUT_MS),
    // glibc gives each thread an arena of its own by default, and keeps what was freed in each.
    MALLOC_ARENA_MAX: '2',
    // For signatures that jose checks itself (verify-token.ts), on libuv's threads: with its four, on two cores, 62 µs of CPU each, with two 50.
    UV_THREADPOOL_SIZE: '2',
    // Node keeps compiled code here between starts.
    NODE_COMPILE_CACHE: compileCache(dataFolder),
  }
}

/** Every process that has to be ready for the system to be, and where it says so. */
function opsUrls({ kind }: TokenSource, { services, notify, identity }: ChosenPorts): string {
  const ports = services.flatMap((each) =>
    serviceNames.map((name): [name: string, port: number] => [name, each[name].ops]),
  )
  ports.push(['notify', notify.ops])
  if (kind === 'development') ports.push(['identity', identity])
  return ports.map(([name, port]) => `${name}=http://127.0.0.1:${port}`).join(',')
}

/** What the services verify tokens by: the key in settings.json also beside an operator's own provider, where that is accepted. */
function tokenEnv(
  secrets: Secrets,
  { kind, issuer, audience, acceptsOwn }: TokenSource,
  identityPort: number,
): Record<string, string> {
  const names = { JWT_ISSUER: issuer, JWT_AUDIENCE: audience }
  if (kind === 'development') return { ...names, JWKS_URL: developmentJwksUrl(identityPort) }
  if (!acceptsOwn) return names
  const keys = signingKeysOf(secrets)
  if (keys === undefined)
    return { ...names, ...(secrets.jwtSecret === undefined ? {} : { JWT_SECRET: secrets.jwtSecret }) }
  return { ...names, DEVELOPMENT_JWKS: JSON.stringify({ keys: publishedKeys(keys, new Date()) }) }
}

/** The groups of servers that the gateway's template names. */
export function upstreamsOf({ kind }: TokenSource, { services, identity }: ChosenPorts): Upstreams {
  const portsOf = (name: ServiceName, which: 'http' | 'ops'): string[] =>
    services.map((each) => `127.0.0.1:${each[name][which]}`)
  const groups = serviceNames.map((name) => [name, portsOf(name, 'http')])
  return {
    ...Object.fromEntries(groups),
    health: portsOf('queue', 'ops'),
    ...(kind === 'development' ? { identity: [`127.0.0.1:${identity}`] } : {}),
  }
}
