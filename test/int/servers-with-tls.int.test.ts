import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { certificateFilesOf, ensureCertificates } from '@frontrow/certificates/ensure-certificates'
import { startKafka } from '@frontrow/local-stack/kafka'
import { freePorts } from '@frontrow/local-stack/ports'
import { startPostgres } from '@frontrow/local-stack/postgres'
import type { RunningProcess } from '@frontrow/local-stack/process'
import { startRedis } from '@frontrow/local-stack/redis'
import { createKafka } from '@frontrow/messaging/kafka'
import { kafkaSecurity } from '@frontrow/messaging/kafka-settings'
import { createPool } from '@frontrow/postgres/pool'
import { createLogger } from '@frontrow/service-host/logger'
import { ensureLocalServerPrograms } from '@frontrow/test-kit/local-servers'
import { createRedis } from '../../services/queue/src/redis-room/redis.ts'

const PASSWORD = 'throw-away'
/** What a client says that a server hung up on, as servers do on what they can't read before anybody has signed in. */
const CUT_OFF = /ECONNRESET|EPIPE|connection is closed|closed connection/i
const logger = createLogger({ service: 'test', level: 'silent' })
const running: RunningProcess[] = []
/** Undefined until it is made: where nothing was, nothing has to go. */
let madeFolder: string | undefined
let caFile: string
let othersCaFile: string
let ports: { postgres: number; redis: number; kafka: number; kafkaPlain: number }

beforeAll(async () => {
  const { redisProgram, java, jarsFolder } = await ensureLocalServerPrograms(() => undefined)
  const folder = mkdtempSync(join(tmpdir(), 'frontrow-tls-'))
  madeFolder = folder
  chmodSync(folder, 0o711)
  mkdirSync(join(folder, 'run'))
  const owner = { name: 'servers', hosts: ['localhost', '127.0.0.1'] }
  await ensureCertificates(join(folder, 'certificates'), [owner])
  await ensureCertificates(join(folder, 'others'), [owner])
  const certificate = certificateFilesOf(join(folder, 'certificates'), 'servers')
  caFile = certificate.caFile
  othersCaFile = certificateFilesOf(join(folder, 'others'), 'servers').caFile
  const [postgres = 0, redisPlain = 0, redis = 0, kafkaPlain = 0, controllerPort = 0, kafka = 0] =
    await freePorts(6)
  ports = { postgres, redis, kafka, kafkaPlain }
  const place = (name: string): { dataFolder: string; logFile: string; pidFile: string } => ({
    dataFolder: join(folder, name),
    logFile: join(folder, 'log', `${name}.log`),
    pidFile: join(folder, 'run', `${name}.pid`),
  })
  const started = await Promise.allSettled([
    startPostgres({
      ...place('postgres'),
      port: postgres,
      adminRole: 'admin',
      adminPassword: PASSWORD,
      database: 'frontrow',
      durable: false,
      certificate,
    }),
    startRedis({
      ...place('redis'),
      program: redisProgram,
      port: redisPlain,
      durable: false,
      password: PASSWORD,
      tls: { port: redis, certificate },
    }),
    startKafka({
      ...place('kafka'),
      java,
      jarsFolder,
      port: kafkaPlain,
      controllerPort,
      users: { broker: { name: 'admin', password: PASSWORD }, clients: { wallet: `${PASSWORD}-of-wallet` } },
      tls: { port: kafka, certificate },
    }),
  ])
  // All that run are known before the first failure is told, so that they are stopped.
  running.push(...started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])))
  for (const one of started) if (one.status === 'rejected') throw one.reason
})

afterAll(async () => {
  await Promise.all(running.map((server) => server.stop()))
  if (madeFolder !== undefined) rmSync(madeFolder, { recursive: true, force: true })
})

test('PostgreSQL and Redis do not run as root, whoever started them', () => {
  const servers = running.filter(({ name }) => name !== 'Kafka')
  expect(servers).toHaveLength(2)
  expect(servers.map(({ pid }) => statSync(`/proc/${pid}`).uid)).not.toContain(0)
})

test('PostgreSQL is reached by TLS as DATABASE_URL says, and not where its certificate is of an authority that the URL does not name', async () => {
  const isEncrypted = async (authority: string): Promise<unknown> => {
    const pool = createPool({
      url: `postgres://admin:${PASSWORD}@127.0.0.1:${ports.postgres}/frontrow?sslmode=verify-full&sslrootcert=${authority}`,
      applicationName: 'test',
      max: 1,
      statementTimeoutMs: 5_000,
      connectionWaitMs: 20_000,
      onError: () => undefined,
    })
    try {
      const { rows } = await pool.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')
      return rows[0]
    } finally {
      await pool.end()
    }
  }
  expect(await isEncrypted(caFile)).toEqual({ ssl: true })
  await expect(isEncrypted(othersCaFile)).rejects.toThrow(/certificate/)
})

test('Redis is reached by TLS with its password, and not without either, nor where another authority signed', async () => {
  const answers = async (url: string, authority: string | undefined): Promise<string> => {
    const redis = createRedis({ url, caFile: authority, commandTimeoutMs: 20_000, logger })
    try {
      await new Promise((resolve, reject) => {
        redis.once('ready', resolve)
        redis.once('error', reject)
      })
      return await redis.ping()
    } finally {
      redis.disconnect()
    }
  }
  const server = `127.0.0.1:${ports.redis}`
  expect(await answers(`rediss://:${PASSWORD}@${server}`, caFile)).toBe('PONG')
  await expect(answers(`rediss://${server}`, caFile)).rejects.toThrow(/NOAUTH|Authentication/i)
  await expect(answers(`rediss://:${PASSWORD}@${server}`, othersCaFile)).rejects.toThrow(/certificate/)
  await expect(answers(`redis://:${PASSWORD}@${server}`, undefined)).rejects.toThrow(CUT_OFF)
  await expect(answers(`redis://:${PASSWORD}@${server}`, caFile)).rejects.toThrow(/REDIS_URL must begin with/)
})

test('Kafka is reached by TLS with a name and its password, and not without either, nor where another authority signed', async () => {
  const topicsOver = async (
    port: number,
    change: Partial<Parameters<typeof kafkaSecurity>[0]>,
  ): Promise<string[]> => {
    const kafka = createKafka({
      clientId: 'test',
      brokers: [`127.0.0.1:${port}`],
      logger,
      security: kafkaSecurity({
        KAFKA_TLS: 'yes',
        KAFKA_CA_FILE: caFile,
        KAFKA_USERNAME: 'wallet',
        KAFKA_PASSWORD: `${PASSWORD}-of-wallet`,
        KAFKA_SASL_MECHANISM: 'plain',
        ...change,
      }),
    })
    const admin = kafka.admin({ retry: { retries: 0 } })
    try {
      await admin.connect()
      return await admin.listTopics()
    } finally {
      await admin.disconnect()
    }
  }
  expect(await topicsOver(ports.kafka, {})).toEqual([])
  const refused: [number, Partial<Parameters<typeof kafkaSecurity>[0]>, RegExp][] = [
    [ports.kafka, { KAFKA_PASSWORD: PASSWORD }, /authentication failed/i],
    [ports.kafka, { KAFKA_CA_FILE: othersCaFile }, /certificate/],
    [
      ports.kafkaPlain,
      { KAFKA_TLS: 'no', KAFKA_CA_FILE: undefined, KAFKA_USERNAME: undefined, KAFKA_PASSWORD: undefined },
      CUT_OFF,
    ],
  ]
  await Promise.all(
    refused.map(([port, change, why]) => expect(topicsOver(port, change)).rejects.toThrow(why)),
  )
})
