import { tryCommand } from '@frontrow/local-stack/run-command'
import { freePorts } from '@frontrow/local-stack/ports'
import { GenericContainer, Wait } from 'testcontainers'
import type { StartedTestContainer } from 'testcontainers'
import type { RunningServers } from './running-servers.ts'

const ADMIN_ROLE = 'frontrow_admin'
const ADMIN_PASSWORD = 'throw-away'
const POSTGRES_PORT = 5432
const REDIS_PORT = 6379
const START_TIMEOUT_MS = 120_000
const ASK_TIMEOUT_MS = 10_000

/** The images the tests run on; each can be named by the environment. */
export function testImages(): string[] {
  return [postgresImage(), redisImage(), kafkaImage()]
}

const postgresImage = (): string => process.env['POSTGRES_IMAGE'] ?? 'postgres:18'
const redisImage = (): string => process.env['REDIS_IMAGE'] ?? 'redis:8'
const kafkaImage = (): string => process.env['KAFKA_IMAGE'] ?? 'apache/kafka:4.3.1'

/** Why containers can't be used, or null when an engine answers and has the images. */
export async function whyNoContainers(): Promise<string | null> {
  const engine = await tryCommand('docker', ['info', '--format', '{{.ServerVersion}}'], {
    timeoutMs: ASK_TIMEOUT_MS,
  })
  if (engine.status !== 0) return 'no Docker engine answers'
  // The images are some hundred megabytes, so they are fetched only when that is asked for.
  if (process.env['TEST_PULL_IMAGES'] === '1') return null
  for (const image of testImages()) {
    const inspected = await tryCommand('docker', ['image', 'inspect', image], { timeoutMs: ASK_TIMEOUT_MS })
    if (inspected.status !== 0) return `the image ${image} is not here`
  }
  return null
}

/** Starts one container a server, all at once. */
export async function startContainers(): Promise<RunningServers> {
  const starting = await Promise.allSettled([startPostgres(), startRedis(), startKafka()])
  const containers = starting.flatMap((one) => (one.status === 'fulfilled' ? [one.value.container] : []))
  const stop = async (): Promise<void> => {
    await Promise.all(containers.map((container) => container.stop()))
  }
  const [postgres, redis, kafka] = starting
  if (postgres.status === 'rejected' || redis.status === 'rejected' || kafka.status === 'rejected') {
    await stop()
    throw starting.find((one) => one.status === 'rejected')?.reason
  }
  return {
    postgresAdminUrl: postgres.value.url,
    redisUrl: redis.value.url,
    kafkaBrokers: kafka.value.url,
    stop,
  }
}

interface Started {
  container: StartedTestContainer
  url: string
}

async function startPostgres(): Promise<Started> {
  const container = await new GenericContainer(postgresImage())
    .withEnvironment({
      POSTGRES_USER: ADMIN_ROLE,
      POSTGRES_PASSWORD: ADMIN_PASSWORD,
      POSTGRES_DB: 'frontrow',
      // The encoding of its databases; the migration step refuses others than UTF8.
      LANG: 'C.UTF-8',
    })
    .withCommand([
      'postgres',
      ...['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'].flatMap((value) => ['-c', value]),
      ...['max_connections=150', 'max_parallel_workers_per_gather=0'].flatMap((value) => ['-c', value]),
    ])
    .withTmpFs({ '/var/lib/postgresql': 'rw' })
    .withExposedPorts(POSTGRES_PORT)
    // The image logs this line twice, because it first starts a server for its own set-up.
    .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2))
    .withStartupTimeout(START_TIMEOUT_MS)
    .start()
  const address = `${container.getHost()}:${container.getMappedPort(POSTGRES_PORT)}`
  return { container, url: `postgres://${ADMIN_ROLE}:${ADMIN_PASSWORD}@${address}/postgres` }
}

async function startRedis(): Promise<Started> {
  const container = await new GenericContainer(redisImage())
    .withCommand(['redis-server', '--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'])
    .withExposedPorts(REDIS_PORT)
    .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
    .withStartupTimeout(START_TIMEOUT_MS)
    .start()
  return { container, url: `redis://${container.getHost()}:${container.getMappedPort(REDIS_PORT)}` }
}

/** Kafka tells its clients its own address, so the port is chosen before the start and is the same in and outside. */
async function startKafka(): Promise<Started> {
  const [port] = await freePorts(1)
  if (port === undefined) throw new Error('freePorts gave too few')
  const container = await new GenericContainer(kafkaImage())
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_LISTENERS: `PLAINTEXT://:${port},CONTROLLER://:9093`,
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://localhost:${port}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '4',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_HEAP_OPTS: '-Xms256m -Xmx512m',
    })
    .withExposedPorts({ container: port, host: port })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(START_TIMEOUT_MS)
    .start()
  return { container, url: `localhost:${port}` }
}
