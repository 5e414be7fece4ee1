import pg from 'pg'

const CONFLICT = new Set(['40001', '40P01'])
// The server is starting or stopping, is read-only after a failover, or has ended an idle session.
const UNAVAILABLE = new Set(['57P01', '57P02', '57P03', '57P05', '25006', '25P03'])
// The server writes the severity in the language of lc_messages, so only the code tells. These may be fatal: the protocol broke, no
// leave to connect, the server or the session is ended, or an internal fault. A good connection too many is closed for them.
const ENDS_CONNECTION = /^(?:08|28|58|XX|57P|25P0[34])/
const SOCKET = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'EAI_AGAIN',
])
const POOL_MESSAGES = [
  'Connection terminated',
  'Query read timeout',
  'Client has encountered a connection error',
]

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** The server answered a statement with an error, so its connection is still good, unless the server says that it ends it. */
export function isServerError(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code !== undefined && !ENDS_CONNECTION.test(error.code)
}

/** Deadlock or serialization failure: the same transaction may succeed at once. */
export function isRetriableConflict(error: unknown): boolean {
  return CONFLICT.has(codeOf(error) ?? '')
}

/** The statement was not run, because one before it in its transaction had failed. */
export function isOfAbortedTransaction(error: unknown): boolean {
  return codeOf(error) === '25P02'
}

/** The database could not be reached or did not answer, so a later try may work. Whether a COMMIT took effect is unknown. */
export function isDatabaseUnavailable(error: unknown): boolean {
  const code = codeOf(error)
  // Class 53: out of disk, memory or connections. Class 08: the connection broke.
  const isOfClass = (prefix: string): boolean => code?.length === 5 && code.startsWith(prefix)
  if (UNAVAILABLE.has(code ?? '') || SOCKET.has(code ?? '') || isOfClass('08') || isOfClass('53')) return true
  return error instanceof Error && POOL_MESSAGES.some((text) => error.message.includes(text))
}

/**
 * The database was too busy: a statement or a lock took longer than its limit and was ended by the server, or no connection of the pool
 * came free in time, and nothing was sent.
 */
export function isDatabaseTimeout(error: unknown): boolean {
  if (isStatementTimeout(error)) return true
  // pg-pool says this to those who wait for a connection; one that can't be opened is 'Connection terminated due to connection timeout'.
  return error instanceof Error && error.message.includes('timeout exceeded when trying to connect')
}

/** The database is away or too busy: whatever else is asked of it now may fail as well, and the same may work later. */
export function isDatabaseOutage(error: unknown): boolean {
  return isDatabaseUnavailable(error) || isDatabaseTimeout(error)
}

/** A statement or a lock took longer than its limit and was ended by the server: it may be too much, or somebody has the row. */
export function isStatementTimeout(error: unknown): boolean {
  return codeOf(error) === '57014' || isLockTimeout(error)
}

/** The statement waited for a lock for longer than its limit: somebody has the row. */
export function isLockTimeout(error: unknown): boolean {
  return codeOf(error) === '55P03'
}

/** PostgreSQL can't store the text, because it has a NUL character: a mistake of the client that sent it. */
export function isUnstorableText(error: unknown): boolean {
  return codeOf(error) === '22021'
}

/** A unique constraint refused a row: the named one, or any when `constraint` is left out. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (codeOf(error) !== '23505') return false
  if (constraint === undefined) return true
  return (
    typeof error === 'object' && error !== null && 'constraint' in error && error.constraint === constraint
  )
}
