import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensurePrograms } from '@frontrow/local-stack/install'
import { freePorts } from '@frontrow/local-stack/ports'
import { startPostgres } from '@frontrow/local-stack/postgres'
import type { RunningProcess } from '@frontrow/local-stack/process'
import { migrateDatabase } from '@frontrow/migrations/migrate-database'

const ADMIN_ROLE = 'frontrow_admin'
const PASSWORD = 'throw-away'
const DATABASE = 'frontrow'

/** A PostgreSQL server of one test file with the schema of this service, which the test can stop, kill or hang. */
export class LosablePostgres {
  /** Connects as the service does. */
  readonly url: string
  readonly #port: number
  readonly #folder = mkdtempSync(join(tmpdir(), 'frontrow-losable-postgres-'))
  #process: RunningProcess | undefined

  private constructor(port: number) {
    this.#port = port
    this.url = `postgres://queue:${PASSWORD}@127.0.0.1:${port}/${DATABASE}`
    // When we are root PostgreSQL runs as another account, which must be able to enter the folder.
    chmodSync(this.#folder, 0o711)
  }

  static async start(): Promise<LosablePostgres> {
    await ensurePrograms(['postgres'], () => {})
    const [port] = await freePorts(1)
    if (port === undefined) throw new Error('no port for PostgreSQL')
    const postgres = new LosablePostgres(port)
    await postgres.start()
    const directories = [
      '../../../packages/messaging/migrations',
      '../../../packages/admin-actions/migrations',
      '../migrations',
    ].map((folder) => fileURLToPath(new URL(folder, import.meta.url)))
    const adminUrl = `postgres://${ADMIN_ROLE}:${PASSWORD}@127.0.0.1:${port}/${DATABASE}`
    await migrateDatabase(adminUrl, [{ name: 'queue', password: PASSWORD, directories }])
    return postgres
  }

  async start(): Promise<void> {
    this.#process = await startPostgres({
      port: this.#port,
      dataFolder: join(this.#folder, 'data'),
      logFile: join(this.#folder, 'postgres.log'),
      pidFile: join(this.#folder, 'postgres.pid'),
      adminRole: ADMIN_ROLE,
      adminPassword: PASSWORD,
      database: DATABASE,
      // A server that does not sync loses the last commits when it is killed.
      durable: true,
    })
  }

  /** Ends the server with all its connections in an orderly way, as a restart does. */
  async stop(): Promise<void> {
    const running = this.#process
    this.#process = undefined
    await running?.stop()
  }

  /** Kills the server and what serves its connections. */
  async kill(): Promise<void> {
    const running = this.#running()
    this.#process = undefined
    this.#signalAll(running.pid, 'SIGKILL')
    await running.exited
  }

  /** Stops all of it with SIGSTOP: connections and statements are still taken, and nothing is answered. */
  hang(): void {
    this.#signalAll(this.#running().pid, 'SIGSTOP')
  }

  /** Lets it go on after `hang`; it then runs the statements that it was sent meanwhile. */
  resume(): void {
    this.#signalAll(this.#running().pid, 'SIGCONT')
  }

  async dispose(): Promise<void> {
    if (this.#process !== undefined) this.resume()
    await this.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #running(): RunningProcess {
    if (this.#process === undefined) throw new Error('PostgreSQL does not run')
    return this.#process
  }

  /** Each connection is served by a process of its own. The server is stopped first, so that it starts no more of them. */
  #signalAll(pid: number, signal: NodeJS.Signals): void {
    process.kill(pid, 'SIGSTOP')
    for (const child of childrenOf(pid)) process.kill(child, signal)
    process.kill(pid, signal)
  }
}

/** Read from /proc, because a machine may have no `ps`. */
function childrenOf(pid: number): number[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return processes.map(Number).filter((one) => parentOf(one) === pid)
}

function parentOf(pid: number): number | undefined {
  try {
    // The name in parentheses may hold anything; the state and the parent follow it.
    const [, parent] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? []
    return Number(parent)
  } catch {
    // The process has ended since the list was read.
    return undefined
  }
}
