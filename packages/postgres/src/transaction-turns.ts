import type { Pool } from './pool.ts'

/**
 * At least a quarter of a pool's connections is left to statements outside of transactions, so that what writes and waits for a lock keeps
 * nobody from reading. Such statements, and transactions that only read, may take all of them.
 */
const LEFT_TO_READS = 0.25
// What pg-pool says to those who found no connection, so that errors.ts knows both.
const TIMED_OUT = 'timeout exceeded when trying to connect'

/** How many transactions a pool may have in work, and who waits for one of them to end. */
class TransactionTurns {
  readonly #waitMs: number
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor({ options }: Pool) {
    const max = options.max ?? 10
    this.#free = max - Math.floor(max * LEFT_TO_READS)
    this.#waitMs = options.connectionTimeoutMillis ?? 2_000
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Resolves when it is one's turn, and rejects where that takes longer than a connection may. */
  async take(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1
      return
    }
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(taken), 1)
        reject(new Error(TIMED_OUT))
      }, this.#waitMs)
      const taken = (): void => {
        clearTimeout(timer)
        resolve()
      }
      this.#waiting.push(taken)
    })
  }

  giveBack(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next()
  }
}

const turnsOfPools = new WeakMap<Pool, TransactionTurns>()

function turnsOf(pool: Pool): TransactionTurns {
  const known = turnsOfPools.get(pool)
  if (known !== undefined) return known
  const turns = new TransactionTurns(pool)
  turnsOfPools.set(pool, turns)
  return turns
}

/** Runs `work`, which takes one connection of the pool for a transaction, when it is its turn. */
export async function inTurn<T>(pool: Pool, work: () => Promise<T>): Promise<T> {
  const turns = turnsOf(pool)
  await turns.take()
  try {
    return await work()
  } finally {
    turns.giveBack()
  }
}

/** How many transactions wait for others of their pool to end. */
export function transactionsWaiting(pool: Pool): number {
  return turnsOf(pool).waiting
}
