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
import { deadLetterTopic, retryTopic } from '@frontrow/messaging/dead-letter'
import { createConsumer, createKafka, createProducer } from '@frontrow/messaging/kafka'
import type { Kafka } from '@frontrow/messaging/kafka'
import { kafkaSecurity } from '@frontrow/messaging/kafka-settings'
import { grantRights } from '@frontrow/messaging/topic-rights'
import { createTopics } from '@frontrow/messaging/topics'
import { createPool } from '@frontrow/postgres/pool'
import { topicNames, topics } from '@frontrow/proto/topics'
import { createLogger } from '@frontrow/service-host/logger'
import { eventually } from '@frontrow/test-kit/eventually'
import { ensureLocalServerPrograms } from '@frontrow/test-kit/local-servers'
import { kafkaRights } from '../../scripts/kafka-rights.ts'
import { createRedis } from '../../services/queue/src/redis-room/redis.ts'

const PASSWORD = 'throw-away'
const passwordOf = (user: string): string => (user === 'admin' ? PASSWORD : `${PASSWORD}-of-${user}`)
/** What a client says that a server hung up on, as servers do on what they can't read before anybody has signed in. */
const CUT_OFF = /ECONNRESET|EPIPE|connection is closed|closed connection/i
const layoutOfOne = { partitions: 1, replicationFactor: 1 }
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
      users: {
        broker: { name: 'admin', password: PASSWORD },
        clients: { wallet: passwordOf('wallet'), payment: passwordOf('payment') },
        scram: true,
      },
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

test('PostgreSQL, Redis and Kafka do not run as root, whoever started them', () => {
  expect(running).toHaveLength(3)
  expect(running.map(({ pid }) => statSync(`/proc/${pid}`).uid)).not.toContain(0)
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

type KafkaLogin = Partial<Parameters<typeof kafkaSecurity>[0]>

function kafkaAs(user: string, change: KafkaLogin = {}, port = ports.kafka): Kafka {
  return createKafka({
    clientId: 'test',
    brokers: [`127.0.0.1:${port}`],
    logger,
    security: kafkaSecurity({
      KAFKA_TLS: 'yes',
      KAFKA_CA_FILE: caFile,
      KAFKA_USERNAME: user,
      KAFKA_PASSWORD: passwordOf(user),
      KAFKA_SASL_MECHANISM: 'plain',
      ...change,
    }),
  })
}

async function topicsOf(kafka: Kafka): Promise<string[]> {
  const admin = kafka.admin({ retry: { retries: 0 } })
  try {
    await admin.connect()
    return await admin.listTopics()
  } finally {
    await admin.disconnect()
  }
}

test('Kafka is reached by TLS with a name and its password, and not without either, nor where another authority signed', async () => {
  expect(await topicsOf(kafkaAs('wallet'))).toEqual([])
  const noLogin = { KAFKA_USERNAME: undefined, KAFKA_PASSWORD: undefined }
  const refused: [number, KafkaLogin, RegExp][] = [
    [ports.kafka, { KAFKA_PASSWORD: PASSWORD }, /authentication failed/i],
    [ports.kafka, { KAFKA_CA_FILE: othersCaFile }, /certificate/],
    [ports.kafkaPlain, { KAFKA_TLS: 'no', KAFKA_CA_FILE: undefined, ...noLogin }, CUT_OFF],
  ]
  await Promise.all(
    refused.map(([port, change, why]) =>
      expect(topicsOf(kafkaAs('wallet', change, port))).rejects.toThrow(why),
    ),
  )
})

test('who logs in to Kafka by SCRAM-SHA-512 proves its password without sending it', async () => {
  const scram = { KAFKA_SASL_MECHANISM: 'scram-sha-512' } as const
  expect(await topicsOf(kafkaAs('wallet', scram))).toEqual([])
  const wrong = { ...scram, KAFKA_PASSWORD: PASSWORD }
  await expect(topicsOf(kafkaAs('wallet', wrong))).rejects.toThrow(
    /authentication failed|invalid credentials/i,
  )
})

test('a login at Kafka writes its own topics and reads those that it takes, and may do nothing else', async () => {
  await createTopics(kafkaAs('admin'), topicNames, layoutOfOne)
  await grantRights(kafkaAs('admin'), kafkaRights(''))
  const { walletEvents, walletCommands, paymentEvents } = topics
  const refused = /not authorized|authorization failed/i
  const write = async (user: string, topic: string): Promise<void> => {
    const producer = createProducer(kafkaAs(user))
    await producer.connect()
    try {
      await producer.send({ topic, acks: -1, messages: [{ value: user }] })
    } finally {
      await producer.disconnect()
    }
  }
  // A broker hears of new rights a moment after the controller has given them.
  await eventually(() => write('wallet', walletEvents))
  await write('payment', walletCommands)
  // An admin's retry, which comes from the payment service.
  await write('payment', retryTopic(walletCommands))
  await write('wallet', deadLetterTopic(walletCommands))
  for (const topic of [walletCommands, paymentEvents, retryTopic(walletCommands)]) {
    await expect(write('wallet', topic)).rejects.toThrow(refused)
  }
  await expect(write('payment', walletEvents)).rejects.toThrow(refused)
  expect(await topicsOf(kafkaAs('wallet'))).toEqual(
    expect.arrayContaining([walletCommands, walletEvents, retryTopic(walletCommands)]),
  )
  expect(await topicsOf(kafkaAs('wallet'))).not.toContain(paymentEvents)
  await expect(createTopics(kafkaAs('wallet'), ['new'], layoutOfOne)).rejects.toThrow(/Topic creation/)
  expect(await topicsOf(kafkaAs('admin'))).not.toContain('new')
  const reads = async (user: string, topic: string, groupId: string): Promise<string> => {
    const consumer = createConsumer(kafkaAs(user), groupId)
    await consumer.connect()
    try {
      await consumer.subscribe({ topics: [topic], fromBeginning: true })
      return await new Promise((resolve, reject) => {
        // A new broker first says that it does not coordinate the group, which kafkajs tries again.
        consumer.on(consumer.events.CRASH, ({ payload }) => {
          if (!payload.restart) reject(payload.error)
        })
        const eachMessage = async ({ message }: { message: { value: Buffer | null } }): Promise<void> =>
          resolve(String(message.value))
        consumer.run({ eachMessage }).catch(reject)
      })
    } finally {
      await consumer.disconnect()
    }
  }
  expect(await reads('wallet', walletCommands, 'frontrow.wallet')).toBe('payment')
  await expect(reads('wallet', paymentEvents, 'frontrow.wallet')).rejects.toThrow(refused)
  await expect(reads('wallet', walletCommands, 'frontrow.payment')).rejects.toThrow(/group coordinator/)
})
