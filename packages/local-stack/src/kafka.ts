import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { startProcess } from './process.ts'
import type { Placement, RunningProcess } from './process.ts'
import { plainLogin, scramLogins } from './kafka-login.ts'
import type { KafkaUsers } from './kafka-login.ts'
import type { ServerCertificate } from './server-certificate.ts'
import { accountForServer, tiedToUs, writeFileFor } from './run-as.ts'
import { runCommand } from './run-command.ts'

/** Where and how one Kafka broker, which is its own controller (KRaft), runs. */
export interface KafkaOptions extends Placement {
  /** The program, as `ensurePrograms` found it. */
  java: string
  jarsFolder: string
  dataFolder: string
  port: number
  controllerPort: number
  /** Passwords by the names of those who may connect, and of the broker itself; without it nobody is asked. */
  users?: KafkaUsers
  /** A second port, on which connections are encrypted. It asks for a password too, so `users` have to be there. */
  tls?: { port: number; certificate: ServerCertificate }
}

const LOG_SETTINGS = join(import.meta.dirname, '..', 'kafka', 'log4j2.properties')
const SCRAM_LOGIN = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
const CLUSTER_ID = 'RnJvbnRyb3dMb2NhbEthZg'
const FORMAT_TIMEOUT_MS = 300_000
/** A broker that was killed checks its log segments before it serves. */
const READY_DEADLINE_MS = 120_000
const STOP_DEADLINE_MS = 20_000
const ASK_TIMEOUT_MS = 1_000

/** Formats the storage where there is none, and runs the broker on the loopback address. */
export async function startKafka(options: KafkaOptions): Promise<RunningProcess> {
  mkdirSync(options.dataFolder, { recursive: true, mode: 0o700 })
  const settingsFile = join(options.dataFolder, 'server.properties')
  const reads = [options.jarsFolder, LOG_SETTINGS]
  const account = await accountForServer(['kafka', 'daemon', 'nobody'], options.dataFolder, reads)
  writeFileFor(account, settingsFile, settings(options))
  const classPath = ['-cp', join(options.jarsFolder, '*')]
  if (!isFormatted(options.dataFolder)) {
    const args = [...formatJvm, ...classPath, 'kafka.tools.StorageTool']
    args.push('format', '-t', CLUSTER_ID, '-c', settingsFile)
    if (options.users?.scram === true) args.push(...scramLogins(options.users))
    const format = tiedToUs(options.java, args, 'SIGTERM', account)
    const limits = { timeoutMs: FORMAT_TIMEOUT_MS, signal: options.signal }
    await runCommand("formatting Kafka's storage", format.command, format.args, limits)
  }
  return startProcess({
    name: 'Kafka',
    command: options.java,
    args: [...brokerJvm, ...classPath, 'kafka.Kafka', settingsFile],
    // Java reads the names of files in the locale's encoding.
    env: { LC_ALL: 'C.UTF-8' },
    account,
    logFile: options.logFile,
    logLimits: options.logLimits,
    pidFile: options.pidFile,
    signal: options.signal,
    stopSignal: 'SIGTERM',
    stopDeadlineMs: STOP_DEADLINE_MS,
    readyDeadlineMs: READY_DEADLINE_MS,
    isReady: () => brokerAnswers(options.port),
  })
}

const formatJvm = ['-Xmx256m', '-XX:TieredStopAtLevel=1', `-Dlog4j2.configurationFile=${LOG_SETTINGS}`]
const brokerJvm = [
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Xms256m',
  '-Xmx512m',
  '-Djava.awt.headless=true',
  `-Dlog4j2.configurationFile=${LOG_SETTINGS}`,
]

function isFormatted(dataFolder: string): boolean {
  const file = join(dataFolder, 'log', 'meta.properties')
  return existsSync(file) && readFileSync(file, 'utf8').includes('cluster.id')
}

function settings(options: KafkaOptions): string {
  const protocol = options.users === undefined ? 'PLAINTEXT' : 'SASL_PLAINTEXT'
  const clientListeners = [
    `CLIENTS://127.0.0.1:${options.port}`,
    ...(options.tls === undefined ? [] : [`TLS://127.0.0.1:${options.tls.port}`]),
  ]
  const values: Record<string, string | number> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${options.controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: [...clientListeners, `CONTROLLER://127.0.0.1:${options.controllerPort}`].join(','),
    'advertised.listeners': clientListeners.join(','),
    'inter.broker.listener.name': 'CLIENTS',
    'listener.security.protocol.map': `CLIENTS:${protocol},CONTROLLER:${protocol},TLS:SASL_SSL`,
    ...(options.users === undefined ? {} : saslSettings(options.users)),
    ...(options.tls === undefined ? {} : tlsSettings(options.tls.certificate)),
    'log.dirs': join(options.dataFolder, 'log'),
    // A typo in a topic's name must fail, not make a topic.
    'auto.create.topics.enable': 'false',
    // A lone group is complete when its first member joins; waiting for more would cost 3 s a start.
    'group.initial.rebalance.delay.ms': 0,
    // One broker has one copy of everything, and 50 partitions of offsets would only slow the start.
    'offsets.topic.num.partitions': 4,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'log.segment.bytes': 134_217_728,
    'log.index.size.max.bytes': 1_048_576,
  }
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** Every listener asks for a password, sent as it is: they are on the loopback address, or encrypted. */
function saslSettings(users: KafkaUsers): Record<string, string> {
  const login = plainLogin(users)
  return {
    'sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.tls.sasl.enabled.mechanisms': users.scram === true ? 'PLAIN,SCRAM-SHA-512' : 'PLAIN',
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'sasl.mechanism.controller.protocol': 'PLAIN',
    'listener.name.clients.plain.sasl.jaas.config': login,
    'listener.name.controller.plain.sasl.jaas.config': login,
    'listener.name.tls.plain.sasl.jaas.config': login,
    'listener.name.tls.scram-sha-512.sasl.jaas.config': SCRAM_LOGIN,
    // Clients may do what they have been given the right to, and the broker everything.
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': `User:${users.broker.name}`,
  }
}

function tlsSettings({ certificateFile, keyFile }: ServerCertificate): Record<string, string> {
  // A line break in a value of this file is written as \n.
  const pem = (file: string): string => readFileSync(file, 'utf8').trim().replaceAll('\n', '\\n')
  return {
    'listener.name.tls.ssl.keystore.type': 'PEM',
    'listener.name.tls.ssl.keystore.certificate.chain': pem(certificateFile),
    'listener.name.tls.ssl.keystore.key': pem(keyFile),
  }
}

/** An ApiVersions request, version 0, with correlation id 1 and no client id: what every client asks first. */
const API_VERSIONS_REQUEST = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff])

/** Whether the broker answers a request. Its port opens earlier, before it serves. */
function brokerAnswers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const settle = (ready: boolean): void => {
      socket.destroy()
      resolve(ready)
    }
    socket.setTimeout(ASK_TIMEOUT_MS, () => settle(false))
    socket.once('error', () => settle(false))
    socket.once('close', () => settle(false))
    socket.once('connect', () => socket.write(API_VERSIONS_REQUEST))
    socket.once('data', () => settle(true))
  })
}
