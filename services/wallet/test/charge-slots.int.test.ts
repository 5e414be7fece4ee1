import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { CardBank, noAnswer } from './card-bank.ts'
import { startWalletUnderTest } from './wallet-under-test.ts'
import type { WalletUnderTest } from './wallet-under-test.ts'

let it: WalletUnderTest
const bank = new CardBank()

beforeAll(async () => {
  const env = { CARD_TIMEOUT_MS: '300', CHARGE_WAIT_MS: '200', CHARGE_GIVE_UP_MS: '10000' }
  it = await startWalletUnderTest({ env, cardProvider: bank })
})

afterAll(() => it.dispose())

const charge = (user: string, card = 'good') =>
  it.call('POST', `/users/${user}/balance/charge`, {
    user,
    key: `of-${user}`,
    body: { amount: 5_000, card: { token: card } },
  })

const chargeAt = async (user: string, location: string | null) =>
  (await it.call('GET', (location ?? '').replace('/api/v1', ''), { user })).data

const untilStatus = (user: string, location: string | null, status: string) =>
  eventually(async () => {
    const found = await chargeAt(user, location)
    expect(found?.['status']).toBe(status)
    return found
  })

const clean = { 4: [], 6: [], 7: [], 10: [] }

test('captures that hang keep neither a good card nor a refund waiting', async () => {
  const hanging: { key: string; end: () => void }[] = []
  let isGiverSilent = true
  bank.onCapture = (call, decide) => {
    if (call.cardToken === 'hangs') {
      return new Promise((resolve) => hanging.push({ key: call.key, end: () => resolve(decide()) }))
    }
    if (call.cardToken === 'late' && isGiverSilent) return noAnswer(call)
    return decide()
  }
  const late = await charge('late', 'late')
  await untilStatus('late', late.location, 'FAILED')
  // One less than there are slots for captures.
  const users = Array.from({ length: 63 }, (_, index) => `hangs-${index}`)
  const all = Promise.all(users.map((user) => charge(user, 'hangs')))
  await eventually(() => expect(new Set(hanging.map(({ key }) => key)).size).toBe(63))
  isGiverSilent = false
  // While all of them hang.
  const quick = await charge('quick')
  const { transactionId } = quick.data ?? {}
  await untilStatus('quick', `/users/quick/balance/charges/${String(transactionId)}`, 'CHARGED')
  const { rows: before } = await it.owner.query(
    `SELECT h.user_id FROM charges h JOIN charges q ON q.user_id = 'quick' AND h.finished_at < q.finished_at
     WHERE h.user_id LIKE 'hangs-%'`,
  )
  expect(before).toEqual([])
  await eventually(async () => {
    expect((await chargeAt('late', late.location))?.['refund']).toEqual({ status: 'REFUNDED' })
  })
  for (const { end } of hanging) end()
  const answers = await all
  await Promise.all(
    answers.map(async (answer, index) =>
      answer.status === 200 ? undefined : untilStatus(users[index] ?? '', answer.location, 'CHARGED'),
    ),
  )
  expect(await it.violations()).toEqual(clean)
})
