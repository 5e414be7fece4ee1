import pg from 'pg'

export type Pool = pg.Pool
/** A client inside a transaction that `inTransaction` opened. */
export type Tx = pg.PoolClient
/** A single connection outside of any pool. */
export type Client = pg.Client
/** Whatever can run one statement: the pool (its own transaction) or a transaction. */
export type Queryable = Pick<pg.ClientBase, 'query'>

/** How one service reaches its own schema. */
export interface PoolConfig {
  /** postgres://role:password@host:port/database; the role's search_path is its schema (set by the migration step). */
  url: string
  applicationName: string
  /** Connections of this process. The sum over all processes must stay below the server's max_connections. */
  max: number
  /** The server ends a statement after this long. */
  statementTimeoutMs: number
  /** Who finds all connections in use, or needs a new one, waits this long; 2 s by default. */
  connectionWaitMs?: number
  /** The server ends a transaction in which nothing is said for so long, and its connection; 5 s by default. */
  idleTransactionMs?: number
  /** Called when a connection breaks, which can happen at any time; without a listener the error would end the process. */
  onError: (error: Error) => void
}

/**
 * bigint columns hold money in minor units, ids and counts, all far below 2^53. They are read as numbers here, and a
 * value that a number can't hold exactly is an error instead of a wrong amount.
 */
function parseSafeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new Error(`bigint ${text} is not a safe integer`)
  return value
}

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.INT8 && format !== 'binary'
      ? parseSafeInteger
      : pg.types.getTypeParser(oid, format),
}

/** A pool with a deadline on connecting, queueing, each statement and each lock. */
export function createPool(config: PoolConfig): Pool {
  const pool = new pg.Pool({
    connectionString: config.url,
    application_name: config.applicationName,
    // PostgreSQL would compile a statement whose estimated cost is high, for longer than any of ours runs: a list of 10,000 rooms
    // took 190 ms with it and 4 ms without. It would also plan statements anew for the values of each call, which took as long as
    // running them, 2 ms for an admission; and a plan for one schedule whose on-sale has just begun, which the statistics do not know
    // yet, read all its places. So each is planned once a connection.
    options: '-c jit=off -c plan_cache_mode=force_generic_plan',
    max: config.max,
    // Statements that don't wait for each other go to the server in one piece, answered one after the other.
    pipeline: true,
    types,
    connectionTimeoutMillis: config.connectionWaitMs ?? 2_000,
    idleTimeoutMillis: 30_000,
    maxLifetimeSeconds: 1_800,
    keepAlive: true,
    statement_timeout: config.statementTimeoutMs,
    lock_timeout: Math.min(2_000, config.statementTimeoutMs),
    idle_in_transaction_session_timeout: config.idleTransactionMs ?? 5_000,
    // The server ends a slow statement earlier, so only a server that stopped answering runs into this limit.
    query_timeout: config.statementTimeoutMs + 2_000,
  })
  pool.on('error', config.onError)
  // The pool listens to the errors of idle clients only. One in use would end the process by an error between statements.
  pool.on('connect', (client) => client.on('error', config.onError))
  return pool
}

/**
 * Long enough for a server that a deployment keeps busy: these connections are those of steps and commands that run once, and a migration
 * that gives up after a moment has to be started again by a person.
 */
const CLIENT_CONNECTION_WAIT_MS = 10_000

/**
 * A single connection outside any pool, for session-level advisory locks and for migrations. `queryTimeoutMs` ends the wait
 * for a server that stopped answering; without it a broken network path holds the caller for minutes.
 */
export function createClient(
  url: string,
  applicationName: string,
  options: { queryTimeoutMs?: number } = {},
): Client {
  return new pg.Client({
    connectionString: url,
    application_name: applicationName,
    types,
    keepAlive: true,
    connectionTimeoutMillis: CLIENT_CONNECTION_WAIT_MS,
    ...(options.queryTimeoutMs === undefined ? {} : { query_timeout: options.queryTimeoutMs }),
  })
}
