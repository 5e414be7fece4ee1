import { setImmediate as settled } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { isDatabaseTimeout } from './errors.ts'
import { createPool } from './pool.ts'
import { inReadTransaction } from './transaction.ts'
import { inTurn, transactionsWaiting } from './transaction-turns.ts'

// Nothing connects: what is in turn here takes no connection.
const poolOf = (max: number, connectionWaitMs: number) =>
  createPool({
    url: 'postgres://nobody@127.0.0.1:1/nothing',
    applicationName: 'test',
    max,
    statementTimeoutMs: 1_000,
    connectionWaitMs,
    onError: () => undefined,
  })

/** Transactions that last until they are told to end. */
class Transactions {
  readonly #pool
  readonly #ends: (() => void)[] = []
  begun = 0

  constructor(pool: ReturnType<typeof poolOf>) {
    this.#pool = pool
  }

  begin(count: number): Promise<void>[] {
    return Array.from({ length: count }, () =>
      inTurn(this.#pool, () => {
        this.begun += 1
        return new Promise<void>((resolve) => this.#ends.push(resolve))
      }),
    )
  }

  end(count: number): void {
    for (const end of this.#ends.splice(0, count)) end()
  }
}

test.each([
  [12, 9],
  [4, 3],
  [3, 3],
  [1, 1],
])('of %i connections %i are for transactions, and the others follow as those end', async (max, atOnce) => {
  const pool = poolOf(max, 60_000)
  const transactions = new Transactions(pool)
  const all = transactions.begin(atOnce + 2)
  await settled()
  expect([transactions.begun, transactionsWaiting(pool)]).toEqual([atOnce, 2])
  transactions.end(1)
  await all[0]
  await settled()
  expect([transactions.begun, transactionsWaiting(pool)]).toEqual([atOnce + 1, 1])
  for (let count = 0; count < atOnce + 2; count += 1) {
    transactions.end(1)
    await settled()
  }
  transactions.end(atOnce + 2)
  await Promise.all(all)
  expect(transactionsWaiting(pool)).toBe(0)
})

test('whoever waits for as long as for a connection is told that the database is busy, and takes no turn', async () => {
  const pool = poolOf(1, 20)
  const transactions = new Transactions(pool)
  const [first, second] = transactions.begin(2)
  const error: unknown = await second?.catch((reason: unknown) => reason)
  expect(isDatabaseTimeout(error)).toBe(true)
  transactions.end(1)
  await first
  expect([transactions.begun, transactionsWaiting(pool)]).toEqual([1, 0])
  const [third] = transactions.begin(1)
  await settled()
  expect(transactions.begun).toBe(2)
  transactions.end(1)
  await third
})

test('a transaction that only reads waits for none of those that write', async () => {
  const pool = poolOf(2, 60_000)
  const transactions = new Transactions(pool)
  const writing = transactions.begin(3)
  await settled()
  expect([transactions.begun, transactionsWaiting(pool)]).toEqual([2, 1])
  // It goes to the server at once, which is none here.
  const reading = inReadTransaction(pool, () => Promise.resolve())
  expect(transactionsWaiting(pool)).toBe(1)
  await expect(reading).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  transactions.end(2)
  await settled()
  transactions.end(1)
  await Promise.all(writing)
})
