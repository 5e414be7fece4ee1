import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { chargeWallet } from '../src/charges/charge-wallet.ts'
import type { WalletContext } from '../src/context.ts'
import type { RunningWallet } from '../src/start.ts'
import { startWalletUnderTest } from './wallet-under-test.ts'
import type { WalletUnderTest } from './wallet-under-test.ts'

let it: WalletUnderTest
let other: RunningWallet
let names = 0

beforeAll(async () => {
  it = await startWalletUnderTest({ env: { BALANCE_MAX: '10000' } })
  other = await it.startAnother()
})

afterAll(() => it.dispose())

/** Requests that are made in one turn of the event loop, so that they share a batch. */
interface Request {
  user: string
  amount: number
  key: string
  caller?: string
  card?: string
}

const send = async (ctx: WalletContext, { user, amount, key, caller = user, card }: Request) => {
  const request = { userId: user, amount, callerId: caller, idempotencyKey: key, cardToken: card }
  const { charge, refusal, isReplay } = await chargeWallet(ctx, {
    ...request,
    waitMs: ctx.config.CHARGE_WAIT_MS,
  })
  if (refusal !== null) throw refusal
  return { chargeId: charge.chargeId, balanceAfter: charge.balanceAfter, isReplay }
}
const refusalOf = (error: unknown) => ({ code: Object(error).code, details: Object(error).details })

const allAtOnce = (ctx: WalletContext, requests: readonly Request[]) =>
  Promise.all(requests.map((request) => send(ctx, request).catch(refusalOf)))

const chargesOf = async (user: string) =>
  (
    await it.owner.query<{ amount: number; status: string; transaction: string }>(
      'SELECT amount, status, xmin::text AS transaction FROM charges WHERE user_id = $1 ORDER BY charge_id',
      [user],
    )
  ).rows

const clean = { 4: [], 6: [], 7: [], 10: [] }

describe('charges of one turn', () => {
  test('share their two transactions, and the refusal of one touches no other', async () => {
    const { ctx } = it.wallet
    const stored = await send(ctx, { user: 'old', amount: 2_000, key: 'stored' })
    const requests: Request[] = [
      { user: 'mixed', amount: 6_000, key: 'a' },
      { user: 'mixed', amount: 6_000, key: 'b' },
      { user: 'mixed', amount: 4_000, key: 'c' },
      { user: 'mixed', amount: 6_000, key: 'a' },
      { user: 'mixed', amount: 5_000, key: 'a' },
      { user: 'mixed', amount: 6_000, key: 'a', card: 'tok_declined' },
      { user: 'old', amount: 2_000, key: 'stored' },
      { user: 'old', amount: 3_000, key: 'stored' },
      { user: 'old', amount: 1_000, key: 'new' },
      { user: 'third', amount: 1_000, key: 'no', card: 'tok_declined' },
    ]
    const reused = { code: 'IDEMPOTENCY_KEY_REUSED', details: undefined }
    const answers = await allAtOnce(ctx, requests)
    expect(answers).toEqual([
      { chargeId: expect.any(String), balanceAfter: 6_000, isReplay: false },
      {
        code: 'BALANCE_LIMIT_EXCEEDED',
        details: { currentBalance: 0, charging: 6_000, balanceMax: 10_000 },
      },
      { chargeId: expect.any(String), balanceAfter: 10_000, isReplay: false },
      { ...answers[0], isReplay: true },
      reused,
      reused,
      { ...stored, isReplay: true },
      reused,
      { chargeId: expect.any(String), balanceAfter: 3_000, isReplay: false },
      {
        code: 'CARD_DECLINED',
        details: { transactionId: expect.any(String), reason: 'CARD_DECLINED' },
      },
    ])
    const all = [
      ...(await chargesOf('mixed')),
      ...(await chargesOf('old')).slice(1),
      ...(await chargesOf('third')),
    ]
    expect(all.map(({ amount, status }) => [amount, status])).toEqual([
      [6_000, 'CHARGED'],
      [4_000, 'CHARGED'],
      [1_000, 'CHARGED'],
      [1_000, 'FAILED'],
    ])
    expect(new Set(all.map(({ transaction }) => transaction)).size).toBe(1)
    expect(await it.violations()).toEqual(clean)
  })

  test('have the outcome that they have one after the other', async () => {
    const request = fc.record({
      user: fc.nat(1),
      amount: fc.constantFrom(1_000, 3_000, 6_000),
      key: fc.nat(5),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 12 }), async (requests) => {
        const run = async (isShared: boolean) => {
          names += 1
          const named = requests.map(({ user, key, amount }) => ({
            amount,
            user: `run-${names}-${user}`,
            key: `key-${key}`,
          }))
          const answers = []
          if (isShared) answers.push(...(await allAtOnce(it.wallet.ctx, named)))
          else for (const one of named) answers.push(...(await allAtOnce(it.wallet.ctx, [one])))
          const users = [`run-${names}-0`, `run-${names}-1`]
          return {
            codes: answers.map((answer) => ('code' in answer ? answer.code : answer.isReplay)),
            charged: await Promise.all(
              users.map(async (user) =>
                (await chargesOf(user)).map(({ amount, status }) => [amount, status]),
              ),
            ),
            balances: await Promise.all(users.map((user) => it.balance(user))),
          }
        }
        expect(await run(true)).toEqual(await run(false))
      }),
      { numRuns: 15 },
    )
    expect(await it.violations()).toEqual(clean)
  })
})

describe('two instances at once', () => {
  test('with the same requests have one effect a key and the same answers', async () => {
    for (let round = 0; round < 5; round += 1) {
      const requests: Request[] = Array.from({ length: 10 }, (_, index) => ({
        user: `twin-${round}-${index % 5}`,
        amount: 1_000,
        key: `key-${index}`,
      }))
      const [here, there] = await Promise.all([
        Promise.all(requests.map((request) => send(it.wallet.ctx, request))),
        Promise.all(requests.toReversed().map((request) => send(other.ctx, request))),
      ])
      expect([...here, ...there].filter(({ isReplay }) => isReplay)).toHaveLength(10)
      const told = ({ chargeId, balanceAfter }: (typeof here)[number]) => [chargeId, balanceAfter]
      expect(there.toReversed().map(told)).toEqual(here.map(told))
      for (let user = 0; user < 5; user += 1) expect(await it.balance(`twin-${round}-${user}`)).toBe(2_000)
    }
    expect(await it.violations()).toEqual(clean)
  })

  test('that open the same wallets count the charges of both', async () => {
    for (let round = 0; round < 5; round += 1) {
      const charges = (key: string): Request[] =>
        Array.from({ length: 5 }, (_, index) => ({ user: `opened-${round}-${index}`, amount: 1_000, key }))
      await Promise.all([
        ...charges('one').map((request) => send(it.wallet.ctx, request)),
        ...charges('other').map((request) => send(other.ctx, request)),
      ])
      for (const { user } of charges('any')) expect(await it.balance(user)).toBe(2_000)
    }
    expect(await it.violations()).toEqual(clean)
  })

  test('never charge a wallet beyond its limit together', async () => {
    for (let round = 0; round < 10; round += 1) {
      const user = `eager-${round}`
      const answers = await Promise.all([
        send(it.wallet.ctx, { user, amount: 6_000, key: 'one' }).catch(refusalOf),
        send(other.ctx, { user, amount: 6_000, key: 'other' }).catch(refusalOf),
      ])
      expect(answers.filter((answer) => 'code' in answer)).toEqual([
        { code: 'BALANCE_LIMIT_EXCEEDED', details: expect.objectContaining({ balanceMax: 10_000 }) },
      ])
      expect(await it.balance(user)).toBe(6_000)
    }
  })

  test('that get one key for two wallets charge one of them', async () => {
    for (let round = 1; round <= 8; round += 1) {
      const charge = (ctx: WalletContext, user: string) =>
        send(ctx, { user: `${user}-${round}`, amount: 1_000, caller: 'boss', key: `for-one-${round}` }).then(
          () => 'charged',
          refusalOf,
        )
      const outcomes = await Promise.all([charge(it.wallet.ctx, 'left'), charge(other.ctx, 'right')])
      expect(outcomes).toContainEqual('charged')
      expect(outcomes).toContainEqual({ code: 'IDEMPOTENCY_KEY_REUSED', details: undefined })
      const [left, right] = [await it.balance(`left-${round}`), await it.balance(`right-${round}`)]
      expect(Number(left) + Number(right)).toBe(1_000)
    }
  })
})
