import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { uuidv7 } from 'uuidv7'
import { CardBank } from './card-bank.ts'
import { startWalletUnderTest } from './wallet-under-test.ts'
import type { WalletUnderTest } from './wallet-under-test.ts'

let it: WalletUnderTest
const bank = new CardBank()

beforeAll(async () => {
  const env = { CARD_TIMEOUT_MS: '300', CHARGE_WAIT_MS: '0', CHARGE_GIVE_UP_MS: '1000' }
  it = await startWalletUnderTest({ env, cardProvider: bank })
})

afterAll(() => it.dispose())

const charge = async (user: string): Promise<string> => {
  const body = { amount: 5_000, card: { token: 'good' } }
  const { data } = await it.call('POST', `/users/${user}/balance/charge`, { user, key: `of-${user}`, body })
  return String(data?.['transactionId'])
}

const rowOf = async (chargeId: string) =>
  (
    await it.owner.query<Record<string, unknown>>(
      'SELECT status, capture_status, reason, next_attempt_at, card_token, asked_at FROM charges WHERE charge_id = $1',
      [chargeId],
    )
  ).rows[0]

const voided = {
  status: 'FAILED',
  capture_status: 'VOIDED',
  reason: 'TIMEOUT',
  next_attempt_at: null,
  card_token: null,
  asked_at: null,
}

test('a charge that waited for a slot until it was given up fails, and its card is not asked', async () => {
  const chargeId = uuidv7()
  await it.owner.query(
    `INSERT INTO charges (charge_id, user_id, amount, status, capture_status, caller_id, idempotency_key, request_hash, card_token,
       next_attempt_at, created_at)
     VALUES ($1, 'waited', 5000, 'CHARGING', 'PENDING', 'waited', 'k', '', 'good', now(), now() - interval '1 hour')`,
    [chargeId],
  )
  await eventually(async () => expect(await rowOf(chargeId)).toEqual(voided))
  expect(bank.callsOf(chargeId)).toEqual([])
  const path = `/users/waited/balance/charges/${chargeId}`
  expect((await it.call('GET', path, { user: 'waited' })).data).toMatchObject({
    status: 'FAILED',
    refund: null,
    message: expect.stringContaining('nothing was taken'),
  })
})

test('calls that the breaker refused are none: a charge that had no others is not asked about', async () => {
  bank.onCapture = () => {
    throw new Error('the bank is away')
  }
  const first = await charge('first')
  await Promise.all(Array.from({ length: 20 }, (_, index) => charge(`breaking-${index}`)))
  const capturesOf = async () => (await fetch(`http://127.0.0.1:${it.wallet.ports.ops}/metrics`)).text()
  await eventually(async () => expect(await capturesOf()).toMatch(/card provider bank: captures.* 1$/m))
  const unseen = await charge('unseen')
  await eventually(async () => expect(await rowOf(unseen)).toEqual(voided))
  expect(bank.callsOf(unseen)).toEqual([])
  // The one that was asked may have been taken, so it is asked about.
  expect(await rowOf(first)).toMatchObject({ status: 'FAILED', capture_status: 'PENDING' })
})
