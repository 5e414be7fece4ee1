import { join } from 'node:path'
import { ensurePrograms } from '@frontrow/local-stack/install'
import { startKafka } from '@frontrow/local-stack/kafka'
import { fetchKafkaJars, findKafkaJars } from '@frontrow/local-stack/kafka-jars'
import { ensureCertificate, startNginx } from '@frontrow/local-stack/nginx'
import type { Certificate, Upstreams } from '@frontrow/local-stack/nginx-options'
import { startPostgres } from '@frontrow/local-stack/postgres'
import type { RunningProcess } from '@frontrow/local-stack/process'
import { startRedis } from '@frontrow/local-stack/redis'
import type { ProgramName } from '@frontrow/local-stack/programs'
import { readConnectionSettings, readRateLimits, readPageSettings } from './gateway-settings.ts'
import type { PageSettings } from './gateway-settings.ts'
import { perService } from './services.ts'
import type { Secrets, UpSettings } from './up-settings.ts'
import type { Say, Stack } from './up-stack.ts'

/** What the servers are run by. */
export interface ServerPrograms {
  redis: string
  nginx: string
  openssl: string
  java: string
  kafkaJars: string
}

/** Ports of the servers behind the gateway. */
export interface ServerPorts {
  postgres: number
  redis: number
  kafka: number
  kafkaController: number
}

export const ADMIN_ROLE = 'frontrow_admin'
export const DATABASE = 'frontrow'
/** Who makes the topics, and the broker itself. */
export const KAFKA_ADMIN = 'admin'

/** One instance of each of the five services has about 22 connections to PostgreSQL; the others are of notify, tools and people. */
const CONNECTIONS_OF_FIVE = 110
const CONNECTIONS_BESIDE = 40

/** Finds the programs, and installs or fetches what is missing. */
export async function ensureServerPrograms(say: Say, signal: AbortSignal): Promise<ServerPrograms> {
  const names: ProgramName[] = ['postgres', 'redis-server', 'nginx', 'openssl', 'java']
  const jars = findKafkaJars()
  const found = await ensurePrograms(jars === null ? [...names, 'mvn'] : names, say)
  signal.throwIfAborted()
  const { 'redis-server': redis, nginx, openssl, java, mvn } = found
  if (redis === undefined || nginx === undefined || openssl === undefined || java === undefined) {
    throw new Error('ensurePrograms left a program out')
  }
  return { redis, nginx, openssl, java, kafkaJars: jars ?? (await fetchKafkaJars(mvn ?? 'mvn', say, signal)) }
}

/** Starts PostgreSQL, Redis and Kafka at once, for so many instances of each service; says for each when it is up. */
export async function startServers(
  stack: Stack,
  programs: ServerPrograms,
  secrets: Secrets,
  ports: ServerPorts,
  instances: number,
): Promise<void> {
  stack.say('Starting PostgreSQL, Redis and Kafka')
  const began = Date.now()
  const start = async (
    stage: 'postgres' | 'redis' | 'kafka',
    run: (signal: AbortSignal) => Promise<RunningProcess>,
  ): Promise<void> => {
    let name = ''
    await stack.start(stage, async (signal) => {
      const running = await run(signal)
      name = running.name
      return running
    })
    stack.say(`${name} is up (${seconds(began)})`)
  }
  const place = (name: string): { dataFolder: string; logFile: string; pidFile: string } => ({
    ...stack.placement(name),
    dataFolder: stack.folder(name),
  })
  await stack.together([
    start('postgres', (signal) =>
      startPostgres({
        ...place('postgres'),
        signal,
        port: ports.postgres,
        adminRole: ADMIN_ROLE,
        adminPassword: secrets.adminPassword,
        database: DATABASE,
        durable: true,
        connectionsMax: CONNECTIONS_BESIDE + CONNECTIONS_OF_FIVE * instances,
      }),
    ),
    start('redis', (signal) =>
      startRedis({
        ...place('redis'),
        signal,
        program: programs.redis,
        port: ports.redis,
        password: secrets.redisPassword,
        durable: true,
      }),
    ),
    start('kafka', (signal) =>
      startKafka({
        ...place('kafka'),
        signal,
        java: programs.java,
        jarsFolder: programs.kafkaJars,
        port: ports.kafka,
        controllerPort: ports.kafkaController,
        users: {
          broker: { name: KAFKA_ADMIN, password: secrets.kafkaPasswords.admin },
          clients: perService((name) => secrets.kafkaPasswords[name]),
        },
      }),
    ),
  ])
}

/** Starts the gateway in front of the services. */
export async function startGateway(
  stack: Stack,
  programs: ServerPrograms,
  settings: UpSettings,
  upstreams: Upstreams,
  pagesFolder: string,
): Promise<void> {
  const certificate: Certificate = await ensureCertificate(programs.openssl, stack.folder('tls'))
  await stack.start('nginx', (signal) =>
    startNginx({
      ...stack.placement('nginx'),
      signal,
      program: programs.nginx,
      templateFile: join(import.meta.dirname, '..', 'gateway', 'nginx', 'nginx.conf.template'),
      stateFolder: stack.folder('nginx'),
      accessLogFile: stack.logFile('nginx-refused'),
      pagesFolder,
      port: settings.port,
      tlsPort: settings.tlsPort,
      certificate,
      upstreams,
      watchesInstances: true,
      rateLimits: readRateLimits(settings.given),
      connections: readConnectionSettings(settings.given),
      networksFolder: stack.folder('networks'),
      pageSettings: pageSettingsOf(settings),
    }),
  )
}

/** What the pages are told: of the identity provider for development, or of the operator's own, whose address tokens name as well. */
function pageSettingsOf({ tokens, given: texts }: UpSettings): PageSettings {
  const given = readPageSettings(texts)
  const named = tokens.kind === 'development' || /^https?:/.test(tokens.issuer) ? tokens.issuer : undefined
  // Without Stripe's key cards are simulated, and the pages offer the simulator's.
  const { STRIPE_SECRET_KEY = '', PAGES_TEST_CARDS = '' } = texts
  const cards = PAGES_TEST_CARDS === '' && STRIPE_SECRET_KEY === '' ? 'yes' : given.PAGES_TEST_CARDS
  return { ...given, OIDC_ISSUER: given.OIDC_ISSUER ?? named, PAGES_TEST_CARDS: cards }
}

/** Time since a moment, for people. */
function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`
}
