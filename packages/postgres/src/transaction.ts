import { setTimeout as delay } from 'node:timers/promises'
import { isOfAbortedTransaction, isRetriableConflict, isServerError } from './errors.ts'
import type { Pool, Queryable, Tx } from './pool.ts'
import { inTurn } from './transaction-turns.ts'

const ATTEMPTS_MAX = 4

const commitHooks = new WeakMap<Tx, (() => void)[]>()

/** Registers work for right after the commit, e.g. waking the outbox relay. It never runs after a rollback. */
export function onCommit(tx: Tx, hook: () => void): void {
  commitHooks.get(tx)?.push(hook)
}

/**
 * Runs `fn` in one READ COMMITTED transaction and commits, or rolls back when it throws. A deadlock or a serialization
 * failure is tried again (whole transaction, 4 times in all, with jitter), so `fn` must have no effect outside of it.
 */
export async function inTransaction<T>(pool: Pool, fn: (tx: Tx) => Promise<T>): Promise<T> {
  return retryConflicts(ATTEMPTS_MAX, () => inTurn(pool, () => runOnce(pool, fn)))
}

/**
 * Runs `fn`, which only reads, in one READ ONLY transaction, where its statements need a setting of their own. It waits for no row, so it is
 * as good as a single statement that reads: it takes no turn of those who write, and who reads goes on while all of them wait for a lock.
 */
export function inReadTransaction<T>(pool: Pool, fn: (tx: Tx) => Promise<T>): Promise<T> {
  return runOnce(pool, fn, 'BEGIN READ ONLY')
}

/**
 * Runs `fn`, whose single statement is the whole transaction: one round trip, retried as `inTransaction` does, or tried `attemptsMax` times.
 * The connection outlives an error that the server answers, as `pool.query` would not let it: a crowd that collides would have to connect
 * again.
 */
export async function inOneStatement<T>(
  pool: Pool,
  fn: (db: Queryable) => Promise<T>,
  attemptsMax = ATTEMPTS_MAX,
): Promise<T> {
  return retryConflicts(attemptsMax, () =>
    inTurn(pool, async () => {
      const client = await pool.connect()
      let broken: Error | undefined
      try {
        return await fn(client)
      } catch (error) {
        if (!isServerError(error)) broken = error instanceof Error ? error : new Error(String(error))
        throw error
      } finally {
        client.release(broken)
      }
    }),
  )
}

async function retryConflicts<T>(attemptsMax: number, attemptOnce: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptOnce()
    } catch (error) {
      if (attempt >= attemptsMax || !isRetriableConflict(error)) throw error
      await delay(Math.random() * 20 * 2 ** attempt)
    }
  }
}

async function runOnce<T>(pool: Pool, fn: (tx: Tx) => Promise<T>, begin = 'BEGIN'): Promise<T> {
  const tx = await pool.connect()
  const hooks: (() => void)[] = []
  commitHooks.set(tx, hooks)
  let broken: Error | undefined
  let result: T
  try {
    // It goes to the server together with the first statement (pool.ts says how). Where it fails, so does that one.
    const begun = tx.query(begin)
    begun.catch(() => undefined)
    result = await fn(tx)
    await begun
    await tx.query('COMMIT')
  } catch (error) {
    broken = await rollback(tx, error)
    throw error
  } finally {
    commitHooks.delete(tx)
    // A client whose state is unknown is closed instead of going back to the pool.
    tx.release(broken)
  }
  for (const hook of hooks) runHook(hook)
  return result
}

/**
 * Awaits statements of one transaction that go to the server in one piece. Rejects with the error of the statement that failed first: what
 * came behind it fails only because the transaction is aborted, and may be heard of earlier.
 */
export async function together<T extends readonly unknown[]>(
  statements: readonly [...T],
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const errors: unknown[] = []
  for (const result of await Promise.allSettled(statements)) {
    if (result.status === 'rejected') errors.push(result.reason)
  }
  if (errors.length > 0) throw errors.find((error) => !isOfAbortedTransaction(error)) ?? errors[0]
  return Promise.all(statements)
}

/** The transaction is committed, so a hook that throws must not make it look failed, nor keep the other hooks from running. */
function runHook(hook: () => void): void {
  try {
    hook()
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : new Error(String(error)))
  }
}

async function rollback(tx: Tx, cause: unknown): Promise<Error | undefined> {
  // A client-side timeout leaves its statement running, so a ROLLBACK would queue behind it.
  if (cause instanceof Error && cause.message === 'Query read timeout') return cause
  try {
    await tx.query('ROLLBACK')
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
