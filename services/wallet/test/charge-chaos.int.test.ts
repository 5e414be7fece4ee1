import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import type { RunningWallet } from '../src/start.ts'
import { CardBank, noAnswer } from './card-bank.ts'
import { startWalletUnderTest } from './wallet-under-test.ts'
import type { WalletUnderTest } from './wallet-under-test.ts'

const CHARGES = 40
const AMOUNT = 5_000
const SEED = Math.floor(Math.random() * 2 ** 31)

let it: WalletUnderTest
let other: RunningWallet
const bank = new CardBank()

beforeAll(async () => {
  const env = { CARD_TIMEOUT_MS: '200', CHARGE_WAIT_MS: '0', CHARGE_GIVE_UP_MS: '1500' }
  it = await startWalletUnderTest({ env, cardProvider: bank })
  other = await it.startAnother()
})

afterAll(() => it.dispose())

/** The same numbers for the same seed (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

test(`whatever the provider does, each charge ends and the money is whole (seed ${SEED})`, async () => {
  const random = numbers(SEED)
  let isWell = false
  bank.onCapture = async (call, decide) => {
    const fate = isWell ? 1 : random()
    if (fate < 0.2) throw new Error('lost on the way there')
    if (fate < 0.4) {
      decide()
      throw new Error('lost on the way back')
    }
    if (fate < 0.5) return noAnswer(call)
    if (fate < 0.6) {
      decide()
      return noAnswer(call)
    }
    return decide()
  }
  bank.onRefund = (_call, decide) => {
    const fate = isWell ? 1 : random()
    if (fate < 0.3) throw new Error('lost on the way there')
    decide()
    if (fate < 0.6) throw new Error('lost on the way back')
  }
  const users = Array.from({ length: CHARGES }, (_, index) => `user-${index}`)
  await Promise.all(
    users.map((user, index) =>
      it.call(
        'POST',
        `/users/${user}/balance/charge`,
        { user, key: 'k', body: { amount: AMOUNT, card: { token: index % 5 === 0 ? 'declined' : 'good' } } },
        index % 2 === 0 ? it.wallet : other,
      ),
    ),
  )
  const left = async (what: string) =>
    (await it.owner.query<{ left: number }>(`SELECT count(*) AS left FROM charges WHERE ${what}`)).rows[0]
      ?.left
  await eventually(async () => expect(await left("status = 'CHARGING'")).toBe(0))
  isWell = true
  await eventually(async () => expect(await left('next_attempt_at IS NOT NULL')).toBe(0))

  const { rows } = await it.owner.query<{ charge_id: string; user_id: string; status: string }>(
    'SELECT charge_id, user_id, status FROM charges',
  )
  expect(rows).toHaveLength(CHARGES)
  const told = rows.map(async ({ charge_id: chargeId, user_id: user, status }) => [
    status,
    await it.balance(user),
    bank.kept(chargeId),
  ])
  for (const [status, balance, kept] of await Promise.all(told)) {
    const due = status === 'CHARGED' ? AMOUNT : 0
    expect([status, balance, kept]).toEqual([status, due, due])
  }
  expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(['CHARGED', 'FAILED']))
  for (const keys of bank.refunded.values()) expect(keys.size).toBe(1)
  expect(await it.violations()).toEqual({ 4: [], 6: [], 7: [], 10: [] })
})
