import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { WalletContext } from '../src/context.ts'
import { createMovementBatches } from '../src/request-movements.ts'
import type { KeyedAnswer } from '../src/request-movements.ts'
import { usePoints } from '../src/use-points.ts'
import { startWalletUnderTest } from './wallet-under-test.ts'
import type { WalletUnderTest } from './wallet-under-test.ts'

let it: WalletUnderTest
let names = 0

beforeAll(async () => {
  it = await startWalletUnderTest()
})

afterAll(() => it.dispose())

/** Requests that are made in one turn of the event loop, so that they share a batch. */
interface Request {
  user: string
  amount: number
  key: string
}

const send = (ctx: WalletContext, { user, amount, key }: Request): Promise<KeyedAnswer> =>
  usePoints(ctx, { userId: user, amount, callerId: user, idempotencyKey: key })

/** An answer or a refusal, without what differs from run to run. */
const seen = ({ replayed, ...answer }: KeyedAnswer) =>
  'refusal' in answer
    ? { ...refusal(answer.refusal), replayed }
    : { balanceAfter: Object(answer.data).balance, replayed }
const refusal = (error: unknown) => ({ code: Object(error).code, details: Object(error).details })

const allAtOnce = (ctx: WalletContext, requests: readonly Request[]) =>
  Promise.all(requests.map((request) => send(ctx, request).then(seen, refusal)))

const entriesOf = async (user: string) =>
  (
    await it.owner.query<{ kind: string; amount: number; after: number; transaction: string }>(
      `SELECT kind, amount, balance_after AS after, xmin::text AS transaction FROM ledger_entries
       WHERE user_id = $1 AND kind = 'DEBIT' ORDER BY entry_id`,
      [user],
    )
  ).rows

const clean = { 4: [], 6: [], 7: [], 10: [] }

describe('requests of one turn', () => {
  test('share one transaction, and the refusal of one touches no other', async () => {
    const { ctx } = it.wallet
    await it.charge('mixed', 10_000)
    await it.charge('old', 6_000)
    await send(ctx, { user: 'old', amount: 2_000, key: 'stored' })
    const requests: Request[] = [
      { user: 'mixed', amount: 6_000, key: 'a' },
      { user: 'mixed', amount: 6_000, key: 'b' },
      { user: 'mixed', amount: 1_000, key: 'c' },
      { user: 'mixed', amount: 6_000, key: 'a' },
      { user: 'mixed', amount: 5_000, key: 'a' },
      // The refusal above is the answer to that key; this is another one.
      { user: 'mixed', amount: 6_000, key: 'b' },
      { user: 'mixed', amount: 3_000, key: 'f' },
      { user: 'old', amount: 2_000, key: 'stored' },
      { user: 'old', amount: 3_000, key: 'stored' },
      { user: 'old', amount: 1_000, key: 'new' },
      { user: 'poor', amount: 1, key: 'a' },
    ]
    const reused = { code: 'IDEMPOTENCY_KEY_REUSED', details: undefined }
    expect(await allAtOnce(ctx, requests)).toEqual([
      { balanceAfter: 4_000, replayed: false },
      {
        code: 'INSUFFICIENT_BALANCE',
        details: { currentBalance: 4_000, amount: 6_000 },
        replayed: false,
      },
      { balanceAfter: 3_000, replayed: false },
      { balanceAfter: 4_000, replayed: true },
      reused,
      {
        code: 'INSUFFICIENT_BALANCE',
        details: { currentBalance: 4_000, amount: 6_000 },
        replayed: true,
      },
      { balanceAfter: 0, replayed: false },
      { balanceAfter: 4_000, replayed: true },
      reused,
      { balanceAfter: 3_000, replayed: false },
      { code: 'INSUFFICIENT_BALANCE', details: { currentBalance: 0, amount: 1 }, replayed: false },
    ])
    const entries = await entriesOf('mixed')
    expect(entries.map(({ amount, after }) => [amount, after])).toEqual([
      [-6_000, 4_000],
      [-1_000, 3_000],
      [-3_000, 0],
    ])
    const all = [...entries, ...(await entriesOf('old')).slice(1)]
    expect(new Set(all.map(({ transaction }) => transaction)).size).toBe(1)
    expect(await it.balance('poor')).toBe(0)
    expect(await it.violations()).toEqual(clean)
  })

  test('a stored answer is given again later, word for word', async () => {
    const { ctx } = it.wallet
    await it.charge('forgetful', 6_000)
    const requests: Request[] = [1_000, 2_000, 3_000].map((amount) => ({
      user: 'forgetful',
      amount,
      key: `of-${amount}`,
    }))
    const first = await Promise.all(requests.map((request) => send(ctx, request)))
    const again = await Promise.all(requests.map((request) => send(ctx, request)))
    expect(again).toEqual(first.map((answer) => ({ ...answer, replayed: true })))
  })

  test('have the outcome that they have one after the other', async () => {
    const request = fc.record({
      user: fc.nat(1),
      amount: fc.constantFrom(1_000, 3_000, 6_000),
      key: fc.nat(5),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 15 }), async (requests) => {
        const run = async (isShared: boolean) => {
          names += 1
          const users = [`run-${names}-0`, `run-${names}-1`]
          for (const user of users) await it.charge(user, 10_000)
          const named = requests.map(({ user, key, amount }) => ({
            amount,
            user: `run-${names}-${user}`,
            key: `key-${key}`,
          }))
          const answers = []
          if (isShared) answers.push(...(await allAtOnce(it.wallet.ctx, named)))
          else for (const one of named) answers.push(...(await allAtOnce(it.wallet.ctx, [one])))
          const ledgers = []
          for (const user of users) {
            ledgers.push((await entriesOf(user)).map(({ amount, after }) => [amount, after]))
          }
          return { answers, ledgers }
        }
        expect(await run(true)).toEqual(await run(false))
      }),
      { numRuns: 15 },
    )
    expect(await it.violations()).toEqual(clean)
  })
})

test('two instances with the same requests have one effect a key and the same answers', async () => {
  const { ctx } = it.wallet
  const other = { ...ctx, movements: createMovementBatches(ctx) }
  for (let round = 0; round < 5; round += 1) {
    const users = Array.from({ length: 5 }, (_, index) => `twin-${round}-${index}`)
    await Promise.all(users.map((user) => it.charge(user, 5_000)))
    const requests = Array.from({ length: 10 }, (_, index) => ({
      user: users[index % 5] ?? '',
      amount: 1_000,
      key: `key-${index}`,
    }))
    const [here, there] = await Promise.all([
      Promise.all(requests.map((request) => send(ctx, request))),
      Promise.all(requests.toReversed().map((request) => send(other, request))),
    ])
    expect([...here, ...there].filter(({ replayed }) => replayed)).toHaveLength(10)
    const withoutReplay = (answers: KeyedAnswer[]) => answers.map((answer) => ({ ...answer, replayed: null }))
    expect(withoutReplay(there.toReversed())).toEqual(withoutReplay(here))
    for (const user of users) expect(await it.balance(user)).toBe(3_000)
  }
  expect(await it.violations()).toEqual(clean)
})
