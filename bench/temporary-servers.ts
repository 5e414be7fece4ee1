import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensurePrograms } from '@frontrow/local-stack/install'
import { startKafka } from '@frontrow/local-stack/kafka'
import { ensureCertificate, startNginx } from '@frontrow/local-stack/nginx'
import type { Certificate } from '@frontrow/local-stack/nginx-options'
import { freePorts } from '@frontrow/local-stack/ports'
import { startPostgres } from '@frontrow/local-stack/postgres'
import { startProcess } from '@frontrow/local-stack/process'
import type { Placement, RunningProcess } from '@frontrow/local-stack/process'
import { startRedis } from '@frontrow/local-stack/redis'
import { migrateDatabase } from '@frontrow/migrations/migrate-database'
import { readRateLimits } from '../scripts/gateway-settings.ts'
import { perService, serviceSchemas } from '../scripts/services.ts'
import type { ServiceName } from '../scripts/services.ts'
import { ensureServerPrograms } from '../scripts/up-servers.ts'

/** The servers of one run: their folder, their programs, and what has to be stopped in the end. */
export interface TemporaryServers {
  folder: string
  programs: { redis: string; nginx: string; certificate: Certificate }
  /** Aborts when the run is to end early. */
  signal: AbortSignal
  /** Registers a step of the end. The steps run in reverse order, however the run ends. */
  defer(stop: () => Promise<void> | void): void
}

/** PostgreSQL and Redis of one stack. Each stack has its own, so that no stack is measured with the background work of another. */
export interface Stores {
  adminDatabaseUrl: string
  databaseUrl: string
  redisUrl: string
  pids: { redis: number; postgres: number }
}

const ADMIN_ROLE = 'frontrow_admin'
const PASSWORD = 'throw-away'
const DATABASE = 'frontrow'
const ROOT = join(import.meta.dirname, '..')
// A load is a few people who ask for very much.
const PEOPLE_WITHOUT_LIMITS = {
  PERSON_POLLS_PER_MINUTE: '1000000',
  PERSON_JOINS_PER_MINUTE: '1000000',
  PERSON_HOLDS_PER_MINUTE: '1000000',
  PERSON_PAYMENTS_PER_MINUTE: '1000000',
  PERSON_ADMIN_PER_MINUTE: '1000000',
}
const STOP_DEADLINE_MS = 15_000
const READY_DEADLINE_MS = 30_000

/** Does some work with servers of its own, stops all of them however it ends, and removes their folder. */
export async function withTemporaryServers<T>(
  signal: AbortSignal,
  work: (servers: TemporaryServers) => Promise<T>,
): Promise<T> {
  const programs = await ensurePrograms(['postgres', 'redis-server', 'nginx', 'openssl'], console.log)
  const { 'redis-server': redis, nginx, openssl } = programs
  if (redis === undefined || nginx === undefined || openssl === undefined) {
    throw new Error('ensurePrograms left a program out')
  }
  const folder = mkdtempSync(join(tmpdir(), 'frontrow-bench-'))
  // PostgreSQL and Nginx run as other accounts when we are root.
  chmodSync(folder, 0o711)
  mkdirSync(join(folder, 'run'))
  const stops: (() => Promise<void> | void)[] = []
  try {
    const certificate = await ensureCertificate(openssl, join(folder, 'tls'))
    const servers: TemporaryServers = {
      folder,
      programs: { redis, nginx, certificate },
      signal,
      defer: (stop) => void stops.push(stop),
    }
    return await Promise.race([work(servers), aborted(signal)])
  } finally {
    for (const stop of stops.toReversed()) await stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** Where a server of this run leaves its log and its pid. */
function placement(servers: TemporaryServers, name: string): Placement {
  return {
    logFile: join(servers.folder, 'log', `${name}.log`),
    pidFile: join(servers.folder, 'run', `${name}.pid`),
    signal: servers.signal,
  }
}

/** Waits for a start and registers its stop. Stops it at once where the run was ended while it started. */
async function deferStop(
  servers: TemporaryServers,
  starting: Promise<RunningProcess>,
): Promise<RunningProcess> {
  const running = await starting
  servers.defer(() => running.stop())
  if (servers.signal.aborted) await running.stop()
  servers.signal.throwIfAborted()
  return running
}

/** Starts PostgreSQL and Redis as `npm start` runs them, durable, with the migrations applied. */
export async function startStores(servers: TemporaryServers, stack: string): Promise<Stores> {
  const [postgresPort = 0, redisPort = 0] = await freePorts(2)
  const files = (name: string) => ({
    ...placement(servers, `${stack}-${name}`),
    dataFolder: join(servers.folder, `${stack}-${name}`),
  })
  const [postgres, redis] = await Promise.all([
    deferStop(
      servers,
      startPostgres({
        ...files('postgres'),
        port: postgresPort,
        adminRole: ADMIN_ROLE,
        adminPassword: PASSWORD,
        database: DATABASE,
        durable: true,
      }),
    ),
    deferStop(
      servers,
      startRedis({ ...files('redis'), program: servers.programs.redis, port: redisPort, durable: true }),
    ),
  ])
  const url = (role: string): string => `postgres://${role}:${PASSWORD}@127.0.0.1:${postgresPort}/${DATABASE}`
  const adminDatabaseUrl = url(ADMIN_ROLE)
  await migrateDatabase(
    adminDatabaseUrl,
    serviceSchemas(() => PASSWORD),
  )
  return {
    adminDatabaseUrl,
    databaseUrl: url('queue'),
    redisUrl: `redis://127.0.0.1:${redisPort}`,
    pids: { redis: redis.pid, postgres: postgres.pid },
  }
}

/** Starts a Kafka broker as `npm start` runs it. */
export async function startBroker(
  servers: TemporaryServers,
  stack: string,
): Promise<{ address: string; pid: number }> {
  const { java, kafkaJars } = await ensureServerPrograms(console.log, servers.signal)
  const [port = 0, controllerPort = 0] = await freePorts(2)
  const { pid } = await deferStop(
    servers,
    startKafka({
      ...placement(servers, `${stack}-kafka`),
      dataFolder: join(servers.folder, `${stack}-kafka`),
      java,
      jarsFolder: kafkaJars,
      port,
      controllerPort,
    }),
  )
  return { address: `127.0.0.1:${port}`, pid }
}

/** Starts one of our programs on Node. */
export function startNode(
  servers: TemporaryServers,
  program: {
    name: string
    args: readonly string[]
    env: Record<string, string>
    isReady: () => Promise<boolean>
    /** For a program that starts others, which takes longer. */
    readyDeadlineMs?: number
    stopDeadlineMs?: number
  },
): Promise<RunningProcess> {
  return deferStop(
    servers,
    startProcess({
      ...placement(servers, program.name),
      name: program.name,
      command: process.execPath,
      args: program.args,
      env: { ...process.env, ...PEOPLE_WITHOUT_LIMITS, ...program.env },
      cwd: ROOT,
      stopSignal: 'SIGTERM',
      stopDeadlineMs: program.stopDeadlineMs ?? STOP_DEADLINE_MS,
      readyDeadlineMs: program.readyDeadlineMs ?? READY_DEADLINE_MS,
      isReady: program.isReady,
    }),
  )
}

/** Starts an Nginx in front of one process, which stands for all services that have none of their own in `ports`. */
export async function startGateway(
  servers: TemporaryServers,
  gateway: {
    stack: string
    template: string
    servicePort: number
    opsPort: number
    ports?: Partial<Record<ServiceName, number>>
  },
): Promise<{ port: number; pid: number }> {
  const [port = 0, tlsPort = 0] = await freePorts(2)
  const addresses = (name: ServiceName): string[] => [
    `127.0.0.1:${gateway.ports?.[name] ?? gateway.servicePort}`,
  ]
  const { pid } = await deferStop(
    servers,
    startNginx({
      ...placement(servers, `${gateway.stack}-nginx`),
      program: servers.programs.nginx,
      templateFile: join(ROOT, gateway.template),
      stateFolder: join(servers.folder, `${gateway.stack}-nginx`),
      accessLogFile: join(servers.folder, `${gateway.stack}-refused.log`),
      port,
      tlsPort,
      certificate: servers.programs.certificate,
      upstreams: {
        ...perService(addresses),
        health: [`127.0.0.1:${gateway.opsPort}`],
      },
      // Loopback is exempt from the limit of an address, but not from that of a token. The load uses few tokens very often.
      rateLimits: readRateLimits({ TOKEN_REQUESTS_PER_SECOND: '100000', TOKEN_BURST: '100000' }),
    }),
  )
  return { port, pid }
}
