import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { chargeWallet } from '../src/charge-wallet.ts'
import type { WalletContext } from '../src/context.ts'
import { createMovementBatches } from '../src/request-movements.ts'
import type { KeyedAnswer } from '../src/request-movements.ts'
import { usePoints } from '../src/use-points.ts'
import { startWalletUnderTest } from './wallet-under-test.ts'
import type { WalletUnderTest } from './wallet-under-test.ts'

let it: WalletUnderTest
let names = 0

beforeAll(async () => {
  it = await startWalletUnderTest({ env: { BALANCE_MAX: '10000' } })
})

afterAll(() => it.dispose())

/** Requests that are made in one turn of the event loop, so that they share a batch. */
interface Request {
  route: 'charge' | 'use'
  user: string
  amount: number
  key: string
}

const send = (ctx: WalletContext, { route, user, amount, key }: Request): Promise<KeyedAnswer> => {
  const request = { userId: user, amount, callerId: user, idempotencyKey: key }
  return route === 'charge' ? chargeWallet(ctx, request) : usePoints(ctx, request)
}

/** An answer or a refusal, without what differs from run to run. */
const seen = ({ data, replayed }: KeyedAnswer) => {
  const { currentBalance, balance } = Object(data)
  return { balanceAfter: currentBalance ?? balance, replayed }
}
const refusal = (error: unknown) => ({ code: Object(error).code, details: Object(error).details })

const allAtOnce = (ctx: WalletContext, requests: readonly Request[]) =>
  Promise.all(requests.map((request) => send(ctx, request).then(seen, refusal)))

const entriesOf = async (user: string) =>
  (
    await it.owner.query<{ kind: string; amount: number; after: number; transaction: string }>(
      `SELECT kind, amount, balance_after AS after, xmin::text AS transaction FROM ledger_entries
       WHERE user_id = $1 ORDER BY entry_id`,
      [user],
    )
  ).rows

const chargesOf = async (user: string) =>
  (
    await it.owner.query<{ amount: number; status: string; reason: string | null }>(
      'SELECT amount, status, reason FROM charges WHERE user_id = $1 ORDER BY charge_id',
      [user],
    )
  ).rows

describe('requests of one turn', () => {
  test('share one transaction, and the refusal of one touches no other', async () => {
    const { ctx } = it.wallet
    await chargeWallet(ctx, { userId: 'old', amount: 2_000, callerId: 'old', idempotencyKey: 'stored' })
    const requests: Request[] = [
      { route: 'charge', user: 'mixed', amount: 6_000, key: 'a' },
      { route: 'charge', user: 'mixed', amount: 6_000, key: 'b' },
      { route: 'charge', user: 'mixed', amount: 4_000, key: 'c' },
      { route: 'charge', user: 'mixed', amount: 6_000, key: 'a' },
      { route: 'charge', user: 'mixed', amount: 5_000, key: 'a' },
      { route: 'use', user: 'mixed', amount: 10_001, key: 'd' },
      { route: 'use', user: 'mixed', amount: 7_000, key: 'a' },
      { route: 'charge', user: 'mixed', amount: 6_000, key: 'b' },
      { route: 'charge', user: 'old', amount: 2_000, key: 'stored' },
      { route: 'charge', user: 'old', amount: 3_000, key: 'stored' },
      { route: 'charge', user: 'old', amount: 1_000, key: 'new' },
      { route: 'use', user: 'poor', amount: 1, key: 'a' },
    ]
    const overLimit = (currentBalance: number) => ({
      code: 'BALANCE_LIMIT_EXCEEDED',
      details: { currentBalance, balanceMax: 10_000 },
    })
    const reused = { code: 'IDEMPOTENCY_KEY_REUSED', details: undefined }
    expect(await allAtOnce(ctx, requests)).toEqual([
      { balanceAfter: 6_000, replayed: false },
      overLimit(6_000),
      { balanceAfter: 10_000, replayed: false },
      { balanceAfter: 6_000, replayed: true },
      reused,
      { code: 'INSUFFICIENT_BALANCE', details: { currentBalance: 10_000, amount: 10_001 } },
      { balanceAfter: 3_000, replayed: false },
      // The key is free again after its refusal above.
      { balanceAfter: 9_000, replayed: false },
      { balanceAfter: 2_000, replayed: true },
      reused,
      { balanceAfter: 3_000, replayed: false },
      { code: 'INSUFFICIENT_BALANCE', details: { currentBalance: 0, amount: 1 } },
    ])
    const entries = await entriesOf('mixed')
    expect(entries.map(({ kind, amount, after }) => [kind, amount, after])).toEqual([
      ['CHARGE', 6_000, 6_000],
      ['CHARGE', 4_000, 10_000],
      ['DEBIT', -7_000, 3_000],
      ['CHARGE', 6_000, 9_000],
    ])
    const all = [...entries, ...(await entriesOf('old')).slice(1)]
    expect(new Set(all.map(({ transaction }) => transaction)).size).toBe(1)
    expect(await chargesOf('mixed')).toEqual([
      { amount: 6_000, status: 'CHARGED', reason: null },
      { amount: 6_000, status: 'FAILED', reason: 'BALANCE_LIMIT_EXCEEDED' },
      { amount: 4_000, status: 'CHARGED', reason: null },
      { amount: 6_000, status: 'CHARGED', reason: null },
    ])
    expect(await it.balance('poor')).toBe(0)
    expect(await it.violations()).toEqual({ 4: [], 6: [], 7: [], 10: [] })
  })

  test('a stored answer is given again later, word for word', async () => {
    const { ctx } = it.wallet
    const requests: Request[] = [1_000, 2_000, 3_000].map((amount) => ({
      route: 'charge',
      user: 'forgetful',
      amount,
      key: `of-${amount}`,
    }))
    const first = await Promise.all(requests.map((request) => send(ctx, request)))
    const again = await Promise.all(requests.map((request) => send(ctx, request)))
    expect(again).toEqual(first.map(({ data }) => ({ data, replayed: true })))
  })

  test('have the outcome that they have one after the other', async () => {
    const request = fc.record({
      route: fc.constantFrom<'charge' | 'use'>('charge', 'use'),
      user: fc.nat(1),
      amount: fc.constantFrom(1_000, 3_000, 6_000),
      key: fc.nat(5),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 15 }), async (requests) => {
        const run = async (isShared: boolean) => {
          names += 1
          const named = requests.map(({ user, key, ...of }) => ({
            ...of,
            user: `run-${names}-${user}`,
            key: `key-${key}`,
          }))
          const answers = []
          if (isShared) answers.push(...(await allAtOnce(it.wallet.ctx, named)))
          else for (const one of named) answers.push(...(await allAtOnce(it.wallet.ctx, [one])))
          const ledgers = []
          for (const user of [0, 1]) {
            const entries = await entriesOf(`run-${names}-${user}`)
            ledgers.push(entries.map(({ kind, amount, after }) => [kind, amount, after]))
            ledgers.push(await chargesOf(`run-${names}-${user}`))
          }
          return { answers, ledgers }
        }
        expect(await run(true)).toEqual(await run(false))
      }),
      { numRuns: 15 },
    )
    expect(await it.violations()).toEqual({ 4: [], 6: [], 7: [], 10: [] })
  })
})

describe('two instances at once', () => {
  const twoInstances = (): [WalletContext, WalletContext] => {
    const { ctx } = it.wallet
    return [ctx, { ...ctx, movements: createMovementBatches(ctx) }]
  }

  test('with the same requests have one effect a key and the same answers', async () => {
    const [one, other] = twoInstances()
    for (let round = 0; round < 5; round += 1) {
      const requests: Request[] = Array.from({ length: 10 }, (_, index) => ({
        route: 'charge',
        user: `twin-${round}-${index % 5}`,
        amount: 1_000,
        key: `key-${index}`,
      }))
      const [here, there] = await Promise.all([
        Promise.all(requests.map((request) => send(one, request))),
        Promise.all(requests.toReversed().map((request) => send(other, request))),
      ])
      const replays = [...here, ...there].filter(({ replayed }) => replayed)
      expect(replays).toHaveLength(10)
      expect(there.toReversed().map(({ data }) => data)).toEqual(here.map(({ data }) => data))
      for (let user = 0; user < 5; user += 1) {
        expect(await it.balance(`twin-${round}-${user}`)).toBe(2_000)
      }
    }
    expect(await it.violations()).toEqual({ 4: [], 6: [], 7: [], 10: [] })
  })

  test('that open the same wallets count the charges of both', async () => {
    const [one, other] = twoInstances()
    for (let round = 0; round < 5; round += 1) {
      const charges = (instance: string): Request[] =>
        Array.from({ length: 5 }, (_, index) => ({
          route: 'charge',
          user: `opened-${round}-${index}`,
          amount: 1_000,
          key: instance,
        }))
      await Promise.all([
        ...charges('one').map((request) => send(one, request)),
        ...charges('other').map((request) => send(other, request)),
      ])
      for (const { user } of charges('any')) expect(await it.balance(user)).toBe(2_000)
    }
    expect(await it.violations()).toEqual({ 4: [], 6: [], 7: [], 10: [] })
  })

  test('that get one key for two wallets charge one of them', async () => {
    const [one, other] = twoInstances()
    for (const user of ['left', 'right']) await it.charge(user, 1_000)
    for (let round = 1; round <= 8; round += 1) {
      const charge = (ctx: WalletContext, userId: string) =>
        chargeWallet(ctx, {
          userId,
          amount: 1_000,
          callerId: 'boss',
          idempotencyKey: `for-one-${round}`,
        }).then(() => 'charged', refusal)
      const outcomes = await Promise.all([charge(one, 'left'), charge(other, 'right')])
      expect(outcomes).toContainEqual('charged')
      expect(outcomes).toContainEqual({ code: 'IDEMPOTENCY_KEY_REUSED', details: undefined })
      const [left, right] = [await it.balance('left'), await it.balance('right')]
      expect(Number(left) + Number(right)).toBe(2_000 + round * 1_000)
    }
  })
})
