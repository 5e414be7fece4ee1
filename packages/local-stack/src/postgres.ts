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
import { startProcess } from './process.ts'
import type { Placement, RunningProcess } from './process.ts'
import { findPostgres } from './programs.ts'
import { canChangeAccount, canEnter, findAccount, tiedToUs } from './run-as.ts'
import type { Account } from './run-as.ts'
import { runCommand, tryCommand } from './run-command.ts'
import { SetupProblem } from './setup-problem.ts'

/** Where and how one PostgreSQL server runs. */
export interface PostgresOptions extends Placement {
  dataFolder: string
  port: number
  /** The superuser that is made with the cluster; others get in with passwords only. */
  adminRole: string
  adminPassword: string
  /** A database that is made where it is missing. */
  database: string
  /** False only for data nobody will miss: a crash of the machine may then lose or break it. */
  durable: boolean
}

const INITDB_TIMEOUT_MS = 120_000
const TOOL_TIMEOUT_MS = 30_000
/** A crash of the machine under load leaves up to a checkpoint's worth of WAL to replay. */
const READY_DEADLINE_MS = 120_000
const STOP_DEADLINE_MS = 20_000

/** Makes the cluster where there is none, and runs it on the loopback address. */
export async function startPostgres(options: PostgresOptions): Promise<RunningProcess> {
  const found = await findServer(options.dataFolder)
  const tools = dirname(found)
  const account = await accountFor(options.dataFolder)
  if (!existsSync(join(options.dataFolder, 'PG_VERSION'))) await makeCluster(options, tools, account)
  dropStaleLock(options.dataFolder)
  const connect = ['-h', '127.0.0.1', '-p', String(options.port)]
  const running = await startProcess({
    name: 'PostgreSQL',
    command: found,
    args: ['-D', options.dataFolder, '-p', String(options.port), ...settings(options)],
    account,
    logFile: options.logFile,
    pidFile: options.pidFile,
    signal: options.signal,
    // SIGINT is PostgreSQL's fast shutdown: open sessions are ended, SIGTERM would wait for them.
    stopSignal: 'SIGINT',
    stopDeadlineMs: STOP_DEADLINE_MS,
    readyDeadlineMs: READY_DEADLINE_MS,
    isReady: async () => {
      const args = [...connect, '-q', '-d', 'postgres']
      return (await tryCommand(join(tools, 'pg_isready'), args, { timeoutMs: TOOL_TIMEOUT_MS })).status === 0
    },
  })
  try {
    await makeDatabase(options, tools, connect)
  } catch (error) {
    await running.stop()
    throw error
  }
  return running
}

async function findServer(dataFolder: string): Promise<string> {
  const versionFile = join(dataFolder, 'PG_VERSION')
  const major = existsSync(versionFile) ? Number(readFileSync(versionFile, 'utf8')) : undefined
  const found = await findPostgres(major)
  if (found !== null) return found.server
  const which = major === undefined ? 'a PostgreSQL server' : `PostgreSQL ${major}, which made ${dataFolder},`
  throw new SetupProblem(`${which} was not found on this machine`)
}

/** PostgreSQL refuses to run as root, so root lends it another account: the cluster's owner once there is one. */
async function accountFor(dataFolder: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  if (!canChangeAccount()) {
    throw new SetupProblem('PostgreSQL does not run as root, and setpriv (util-linux) is missing')
  }
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
  const owner = statSync(dataFolder)
  const ids = owner.uid === 0 ? await findAccount(['postgres', 'nobody']) : { uid: owner.uid, gid: owner.gid }
  if (ids === null)
    throw new SetupProblem('PostgreSQL does not run as root, and there is no account "postgres"')
  chownSync(dataFolder, ids.uid, ids.gid)
  return { ...ids, passFolders: !(await canEnter(ids, dataFolder)) }
}

async function makeCluster(
  options: PostgresOptions,
  tools: string,
  account: Account | undefined,
): Promise<void> {
  // Made beside its place and moved there when it is whole: a start that is cut off leaves no half cluster.
  const folder = `${options.dataFolder}.new`
  const passwordFile = `${options.dataFolder}.password`
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(passwordFile, `${options.adminPassword}\n`, { mode: 0o600 })
  if (account !== undefined) {
    chownSync(folder, account.uid, account.gid)
    chownSync(passwordFile, account.uid, account.gid)
  }
  const locale = process.platform === 'linux' ? 'C.UTF-8' : 'C'
  const args = ['-D', folder, '-U', options.adminRole, '--pwfile', passwordFile, '-A', 'scram-sha-256']
  args.push('-E', 'UTF8', '--locale', locale, ...(options.durable ? [] : ['--no-sync']))
  const line = tiedToUs(join(tools, 'initdb'), args, 'SIGTERM', account)
  try {
    const limits = { timeoutMs: INITDB_TIMEOUT_MS, signal: options.signal }
    await runCommand('initdb', line.command, line.args, { ...limits, cwd: '/' })
  } finally {
    rmSync(passwordFile, { force: true })
  }
  rmSync(options.dataFolder, { recursive: true, force: true })
  renameSync(folder, options.dataFolder)
}

function settings(options: PostgresOptions): string[] {
  const values: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 150,
    shared_buffers: '128MB',
    // Two cores: a parallel plan takes them from everybody else, and it needs room in /dev/shm, 64 MB in containers.
    max_parallel_workers_per_gather: 0,
    max_wal_size: '1GB',
    log_checkpoints: 'off',
    log_line_prefix: '%m [%p] %q%u ',
    ...(options.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  }
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/**
 * After a hard end the lock file names a process that may since be another program with the same number (a container
 * that starts again hands out the same ones), which PostgreSQL would take for a running server.
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
  tools: string,
  connect: readonly string[],
): Promise<void> {
  const args = [...connect, '-U', options.adminRole, '--no-password', options.database]
  const made = await tryCommand(join(tools, 'createdb'), args, {
    timeoutMs: TOOL_TIMEOUT_MS,
    env: { ...process.env, PGPASSWORD: options.adminPassword },
  })
  if (made.status === 0 || made.output.includes('already exists')) return
  throw new SetupProblem(`the database ${options.database} could not be made: ${made.output.trim()}`)
}
