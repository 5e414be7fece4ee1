import { jest } from '@jest/globals'
import { createClient } from '@frontrow/postgres/pool'
import type { Client } from '@frontrow/postgres/pool'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import type { Redis } from 'ioredis'
import { scripts } from '../src/redis-room/room-scripts.ts'

const TIME_KEY = 'simulated-time'
const REDIS_TIME = "redis.call('TIME')"

/**
 * The time of PostgreSQL, of Redis and of this process, which a test sets, so that deadlines pass without waiting.
 *
 * PostgreSQL: functions that stand before its own in the search path, and are the defaults of the columns that note when. Redis:
 * the scripts read a key instead of TIME. Here: `Date.now` and `performance.now`; timers stay real, because deadlines of calls
 * to the servers depend on them.
 */
export class SimulatedClock {
  readonly #admin: Client
  #nowMs = 0
  #elapsedMs = 0
  #redis: Redis | undefined

  private constructor(admin: Client) {
    this.#admin = admin
  }

  /** Prepares the database of a test. */
  static async install(environment: TestEnvironment): Promise<SimulatedClock> {
    const admin = createClient(environment.adminDatabaseUrl, 'simulated-clock')
    await admin.connect()
    await admin.query(`
      CREATE SCHEMA simulated;
      CREATE UNLOGGED TABLE simulated.clock (at timestamptz NOT NULL) WITH (fillfactor = 10);
      INSERT INTO simulated.clock VALUES (now());
      CREATE FUNCTION simulated.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM simulated.clock';
      CREATE FUNCTION simulated.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM simulated.clock';
      GRANT USAGE ON SCHEMA simulated TO queue;
      GRANT SELECT ON simulated.clock TO queue;
      ALTER TABLE queue.queue_tokens
        ALTER COLUMN joined_at SET DEFAULT simulated.now(), ALTER COLUMN seen_at SET DEFAULT simulated.now();
      -- One seed for all rooms, so that a course can be repeated.
      ALTER TABLE queue.rooms ALTER COLUMN seed SET DEFAULT sha256('simulated');`)
    return new SimulatedClock(admin)
  }

  /** The environment with databases whose time is this clock's. */
  static environmentOf(environment: TestEnvironment): TestEnvironment {
    const databaseUrl = (service: string): string => {
      const url = new URL(environment.databaseUrl(service))
      // A pg_catalog that is named is searched in its turn, and not first.
      url.searchParams.set('options', '-c search_path=simulated,queue,pg_catalog')
      return url.href
    }
    return { ...environment, databaseUrl }
  }

  /** Has the scripts of a connection read this clock. */
  useIn(redis: Redis): void {
    const all = Object.entries<{ lua: string; numberOfKeys?: number }>(scripts)
    for (const [command, { lua, numberOfKeys }] of all) {
      // Only the scripts of rooms have a fixed number of keys, and a time.
      if (numberOfKeys === undefined) continue
      if (lua.split(REDIS_TIME).length !== 2) throw new Error(`${command} does not read the time once`)
      const simulated = lua.replace(
        REDIS_TIME,
        `redis.call('HMGET', '${TIME_KEY}', 'seconds', 'microseconds')`,
      )
      redis.defineCommand(command, { lua: simulated, numberOfKeys })
    }
    this.#redis = redis
  }

  get nowMs(): number {
    return this.#nowMs
  }

  /** Sets the time; it only goes by where it moves forward. */
  async set(nowMs: number): Promise<void> {
    this.#elapsedMs += Math.max(0, nowMs - this.#nowMs)
    this.#nowMs = nowMs
    const [seconds, microseconds] = [Math.floor(nowMs / 1_000), (nowMs % 1_000) * 1_000]
    await Promise.all([
      this.#admin.query({
        name: 'set-time',
        text: 'UPDATE simulated.clock SET at = to_timestamp($1 / 1000.0)',
        values: [nowMs],
      }),
      this.#redis?.hset(TIME_KEY, { seconds, microseconds }),
    ])
  }

  /** Runs something during which this process has this clock, too. */
  async rule<T>(work: () => Promise<T>): Promise<T> {
    const clocks = [
      jest.spyOn(Date, 'now').mockImplementation(() => this.#nowMs),
      jest.spyOn(performance, 'now').mockImplementation(() => this.#elapsedMs),
    ]
    try {
      return await work()
    } finally {
      for (const clock of clocks) clock.mockRestore()
    }
  }

  /** Takes away all rooms. */
  async emptyDatabase(): Promise<void> {
    // The log refuses to be deleted, by a trigger that this setting leaves out.
    await this.#admin.query(`
      SET session_replication_role = replica;
      DELETE FROM queue.room_log; DELETE FROM queue.queue_tokens; DELETE FROM queue.rooms;
      RESET session_replication_role`)
  }

  async stop(): Promise<void> {
    await this.#admin.end()
  }
}
