import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensurePrograms } from '@frontrow/local-stack/install'
import { freePorts } from '@frontrow/local-stack/ports'
import { startPostgres } from '@frontrow/local-stack/postgres'
import type { RunningProcess } from '@frontrow/local-stack/process'
import { migrateDatabase } from '@frontrow/migrations/migrate-database'
import { createClient } from '@frontrow/postgres/pool'
import { eventually } from '@frontrow/test-kit/eventually'
import { expect } from '@jest/globals'

const ADMIN_ROLE = 'frontrow_admin'
const PASSWORD = 'throw-away'
const DATABASE = 'frontrow'

type Server = 'primary' | 'replica'

/**
 * Two PostgreSQL servers of one test file, the second a streaming replica of the first, with the schema of this service. They are always
 * this machine's own: the containers of a run have no second server.
 */
export class StreamingReplica {
  readonly #ports: Record<Server, number>
  readonly #folder = mkdtempSync(join(tmpdir(), 'frontrow-streaming-replica-'))
  readonly #running = new Map<Server, RunningProcess>()

  private constructor(ports: Record<Server, number>) {
    this.#ports = ports
    // When we are root PostgreSQL runs as another account, which must be able to enter the folder.
    chmodSync(this.#folder, 0o711)
  }

  static async start(): Promise<StreamingReplica> {
    await ensurePrograms(['postgres'], () => {})
    const [primary, replica] = await freePorts(2)
    if (primary === undefined || replica === undefined) throw new Error('freePorts gave too few')
    const servers = new StreamingReplica({ primary, replica })
    await servers.#start('primary')
    const directories = [
      '../../../packages/messaging/migrations',
      '../../../packages/admin-actions/migrations',
      '../migrations',
    ].map((folder) => fileURLToPath(new URL(folder, import.meta.url)))
    await migrateDatabase(servers.#adminUrl('primary'), [
      { name: 'catalog', password: PASSWORD, directories },
    ])
    await servers.#start('replica')
    return servers
  }

  /** Connects as the service does. */
  url(server: Server): string {
    return `postgres://catalog:${PASSWORD}@127.0.0.1:${this.#ports[server]}/${DATABASE}`
  }

  /** Where the replica is, without a role. */
  get replicaUrlWithoutRole(): string {
    return `postgres://127.0.0.1:${this.#ports.replica}/${DATABASE}`
  }

  /** Runs one statement as a superuser in the service's schema. */
  async run(server: Server, statement: string): Promise<Record<string, unknown>[]> {
    const client = createClient(this.#adminUrl(server), 'catalog-test')
    await client.connect()
    try {
      await client.query('SET search_path = catalog')
      return (await client.query<Record<string, unknown>>(statement)).rows
    } finally {
      await client.end()
    }
  }

  /** The replica takes what the primary writes, and shows none of it. */
  async pauseReplay(): Promise<void> {
    await this.run('replica', 'SELECT pg_wal_replay_pause()')
    await eventually(async () => {
      const rows = await this.run('replica', 'SELECT pg_get_wal_replay_pause_state() AS state')
      expect(rows).toEqual([{ state: 'paused' }])
    })
  }

  async resumeReplay(): Promise<void> {
    await this.run('replica', 'SELECT pg_wal_replay_resume()')
  }

  async startReplica(): Promise<void> {
    await this.#start('replica')
  }

  async stopReplica(): Promise<void> {
    const running = this.#running.get('replica')
    this.#running.delete('replica')
    await running?.stop()
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#running.values()].map((server) => server.stop()))
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #adminUrl(server: Server): string {
    return `postgres://${ADMIN_ROLE}:${PASSWORD}@127.0.0.1:${this.#ports[server]}/${DATABASE}`
  }

  async #start(server: Server): Promise<void> {
    const running = await startPostgres({
      port: this.#ports[server],
      dataFolder: join(this.#folder, server),
      logFile: join(this.#folder, `${server}.log`),
      pidFile: join(this.#folder, `${server}.pid`),
      adminRole: ADMIN_ROLE,
      adminPassword: PASSWORD,
      database: DATABASE,
      // A commit that is not synced yet is not in the log that positions are of.
      durable: true,
      ...(server === 'replica' ? { replicaOf: this.#ports.primary } : {}),
    })
    this.#running.set(server, running)
  }
}
