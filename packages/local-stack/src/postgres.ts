import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { plainEnvironment } from './plain-environment.ts'
import { startProcess } from './process.ts'
import type { Placement, RunningProcess } from './process.ts'
import { findPostgres } from './programs.ts'
import { canChangeAccount, closedTo, findAccount, tiedToUs } from './run-as.ts'
import type { Account } from './run-as.ts'
import { runCommand, tryCommand } from './run-command.ts'
import { copyCertificate } from './server-certificate.ts'
import type { ServerCertificate } from './server-certificate.ts'
import { SetupProblem } from './setup-problem.ts'

/** Where and how one PostgreSQL server runs. */
export interface PostgresOptions extends Placement {
  dataFolder: string
  port: number
  /** The superuser that is made with the cluster; others get in with passwords only. */
  adminRole: string
  adminPassword: string
  /** A database that is made where it is missing; a replica has those of its primary. */
  database: string
  /** The port of the server, with the same superuser, of which this one is a streaming replica. */
  replicaOf?: number
  /** False only for data nobody will miss: a crash of the machine may then lose or break it. */
  durable: boolean
  /** How many connections it has for all; 150 by default. */
  connectionsMax?: number
  /** Connections can be encrypted with it. */
  certificate?: ServerCertificate
}

/** For initdb, or the copy of a primary. */
const CLUSTER_TIMEOUT_MS = 300_000
const TOOL_TIMEOUT_MS = 60_000
/** A crash of the machine under load leaves up to a checkpoint's worth of WAL to replay. */
const READY_DEADLINE_MS = 120_000
const STOP_DEADLINE_MS = 20_000

/** Makes the cluster where there is none, or copies the primary's, and runs it on the loopback address. */
export async function startPostgres(options: PostgresOptions): Promise<RunningProcess> {
  const server = await findServer(options.dataFolder)
  const toolsFolder = dirname(server)
  const account = await accountFor(options.dataFolder)
  if (!existsSync(join(options.dataFolder, 'PG_VERSION'))) await makeCluster(options, toolsFolder, account)
  // By the names and in the place in which PostgreSQL looks for them.
  if (options.certificate !== undefined) copyCertificate(options.certificate, options.dataFolder, account)
  dropStaleLock(options.dataFolder)
  const connectionArgs = ['-h', '127.0.0.1', '-p', String(options.port)]
  const running = await startProcess({
    name: 'PostgreSQL',
    command: server,
    args: ['-D', options.dataFolder, '-p', String(options.port), ...settings(options)],
    account,
    logFile: options.logFile,
    logLimits: options.logLimits,
    pidFile: options.pidFile,
    signal: options.signal,
    // SIGINT is PostgreSQL's fast shutdown: open sessions are ended, SIGTERM would wait for them.
    stopSignal: 'SIGINT',
    stopDeadlineMs: STOP_DEADLINE_MS,
    readyDeadlineMs: READY_DEADLINE_MS,
    isReady: async () => {
      const args = [...connectionArgs, '-q', '-d', 'postgres']
      return (
        (await tryCommand(join(toolsFolder, 'pg_isready'), args, { timeoutMs: TOOL_TIMEOUT_MS })).status === 0
      )
    },
  })
  try {
    if (options.replicaOf === undefined) await makeDatabase(options, toolsFolder, connectionArgs)
  } catch (error) {
    await running.stop()
    throw error
  }
  return running
}

async function findServer(dataFolder: string): Promise<string> {
  const versionFile = join(dataFolder, 'PG_VERSION')
  const major = existsSync(versionFile) ? Number(readFileSync(versionFile, 'utf8')) : undefined
  const postgres = await findPostgres(major)
  if (postgres !== null) return postgres.server
  const wanted =
    major === undefined ? 'a PostgreSQL server' : `PostgreSQL ${major}, which made ${dataFolder},`
  throw new SetupProblem(`${wanted} was not found on this machine`)
}

/** PostgreSQL refuses to run as root, so root runs it as another account: the data's owner, once there is one. */
async function accountFor(dataFolder: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  if (!canChangeAccount()) {
    throw new SetupProblem('PostgreSQL does not run as root, and setpriv (util-linux) is missing')
  }
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
  const owner = statSync(dataFolder)
  const { uid, gid } = owner
  const found = uid === 0 ? await findAccount(['postgres', 'nobody']) : { name: String(uid), uid, gid }
  if (found === null)
    throw new SetupProblem('PostgreSQL does not run as root, and there is no account "postgres"')
  chownSync(dataFolder, found.uid, found.gid)
  return { ...found, readsAll: (await closedTo(found, [dataFolder])).length > 0 }
}

async function makeCluster(
  options: PostgresOptions,
  toolsFolder: string,
  account: Account | undefined,
): Promise<void> {
  // The cluster is made beside its place and moved when it is complete, so that a cut-off start leaves no half of it.
  const folder = `${options.dataFolder}.new`
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (account !== undefined) chownSync(folder, account.uid, account.gid)
  const makeIn = options.replicaOf === undefined ? initialise : copyPrimary
  await makeIn(folder, options, toolsFolder, account)
  rmSync(options.dataFolder, { recursive: true, force: true })
  renameSync(folder, options.dataFolder)
}

async function initialise(
  folder: string,
  options: PostgresOptions,
  toolsFolder: string,
  account: Account | undefined,
): Promise<void> {
  const passwordFile = `${options.dataFolder}.password`
  writeFileSync(passwordFile, `${options.adminPassword}\n`, { mode: 0o600 })
  if (account !== undefined) chownSync(passwordFile, account.uid, account.gid)
  const locale = process.platform === 'linux' ? 'C.UTF-8' : 'C'
  const args = ['-D', folder, '-U', options.adminRole, '--pwfile', passwordFile, '-A', 'scram-sha-256']
  args.push('-E', 'UTF8', '--locale', locale, ...(options.durable ? [] : ['--no-sync']))
  const initdb = tiedToUs(join(toolsFolder, 'initdb'), args, 'SIGTERM', account)
  try {
    const limits = { timeoutMs: CLUSTER_TIMEOUT_MS, signal: options.signal }
    const env = plainEnvironment(process.env)
    await runCommand('initdb', initdb.command, initdb.args, { ...limits, cwd: '/', env })
  } finally {
    rmSync(passwordFile, { force: true })
  }
}

/** Copies a server that runs and notes in the copy where it streams from; initdb's pg_hba.conf lets replicas of this machine in. */
async function copyPrimary(
  folder: string,
  options: PostgresOptions,
  toolsFolder: string,
  account: Account | undefined,
): Promise<void> {
  const args = ['-D', folder, '-h', '127.0.0.1', '-p', String(options.replicaOf), '-U', options.adminRole]
  args.push('--no-password', '--write-recovery-conf', '--wal-method=stream', '--checkpoint=fast')
  if (!options.durable) args.push('--no-sync')
  const copy = tiedToUs(join(toolsFolder, 'pg_basebackup'), args, 'SIGTERM', account)
  await runCommand('pg_basebackup', copy.command, copy.args, {
    timeoutMs: CLUSTER_TIMEOUT_MS,
    signal: options.signal,
    cwd: '/',
    env: { ...plainEnvironment(process.env), PGPASSWORD: options.adminPassword },
  })
}

function settings(options: PostgresOptions): string[] {
  const values: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: options.connectionsMax ?? 150,
    shared_buffers: '128MB',
    // A parallel plan takes the few cores from everybody else, and needs room in /dev/shm, which is 64 MB in containers.
    max_parallel_workers_per_gather: 0,
    max_wal_size: '1GB',
    // Connections keep their plans. Those made while a table was empty are made anew when it is analysed, which is looked for only once a
    // minute by default: a long time of a first on-sale.
    autovacuum_naptime: '10s',
    log_checkpoints: 'off',
    log_line_prefix: '%m [%p] %q%u ',
    ...(options.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...(options.certificate === undefined ? {} : { ssl: 'on' }),
  }
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/**
 * Removes the lock file of a PostgreSQL that was killed. Its process number may belong to another program by now (a
 * restarted container hands out the same numbers), and PostgreSQL would take that program for a running server.
 */
function dropStaleLock(dataFolder: string): void {
  const lock = join(dataFolder, 'postmaster.pid')
  if (process.platform !== 'linux' || !existsSync(lock)) return
  const pid = readFileSync(lock, 'utf8').split('\n')[0] ?? ''
  const name = `/proc/${pid}/comm`
  const program = existsSync(name) ? readFileSync(name, 'utf8').trim() : ''
  if (program !== 'postgres' && program !== 'postmaster') rmSync(lock)
}

async function makeDatabase(
  options: PostgresOptions,
  toolsFolder: string,
  connectionArgs: readonly string[],
): Promise<void> {
  const args = [...connectionArgs, '-U', options.adminRole, '--no-password', options.database]
  const created = await tryCommand(join(toolsFolder, 'createdb'), args, {
    timeoutMs: TOOL_TIMEOUT_MS,
    env: { ...plainEnvironment(process.env), PGPASSWORD: options.adminPassword },
  })
  if (created.status === 0 || created.output.includes('already exists')) return
  throw new SetupProblem(`the database ${options.database} could not be made: ${created.output.trim()}`)
}
