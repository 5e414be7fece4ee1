import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { CardBank } from './card-bank.ts'
import { startWalletUnderTest } from './wallet-under-test.ts'
import type { WalletUnderTest } from './wallet-under-test.ts'

let it: WalletUnderTest
const bank = new CardBank()

beforeAll(async () => {
  it = await startWalletUnderTest({ env: { CHARGE_WAIT_MS: '0' }, cardProvider: bank })
})

beforeEach(async () => {
  await it.owner.query("SET session_replication_role = 'replica'")
  await it.owner.query('TRUNCATE charges, ledger_entries, wallets CASCADE')
  await it.owner.query("SET session_replication_role = 'origin'")
})

afterAll(() => it.dispose())

let users = 0

async function charged(card = 'good'): Promise<string> {
  const user = `audited-${(users += 1)}`
  const { data } = await it.call('POST', `/users/${user}/balance/charge`, {
    user,
    key: 'k',
    body: { amount: 5_000, card: { token: card } },
  })
  const chargeId = String(data?.['transactionId'])
  await eventually(async () => {
    const { rows } = await it.owner.query('SELECT status FROM charges WHERE charge_id = $1', [chargeId])
    expect(rows[0]?.status).not.toBe('CHARGING')
  })
  return chargeId
}

const found = async () => (await it.violations())[10]

/** Changes a charge as nothing here does, past the rules of its table. */
async function tamper(chargeId: string, change: string): Promise<void> {
  const rules = ['charges_follow_their_capture', 'charges_given_back_had_a_capture']
  for (const rule of rules) await it.owner.query(`ALTER TABLE charges DROP CONSTRAINT IF EXISTS ${rule}`)
  await it.owner.query(`UPDATE charges SET ${change} WHERE charge_id = $1`, [chargeId])
}

async function withoutTriggers(statement: string): Promise<void> {
  await it.owner.query("SET session_replication_role = 'replica'")
  await it.owner.query(statement)
  await it.owner.query("SET session_replication_role = 'origin'")
}

test('charges that are charged, declined or given back are in order', async () => {
  await charged()
  await charged('declined')
  const given = await charged('declined')
  await tamper(
    given,
    "capture_status = 'REFUNDED', provider_reference = 'r', finished_at = now() - interval '1 hour'",
  )
  expect(await found()).toEqual([])
})

test.each([
  ['has no capture', "capture_status = 'DECLINED'", 'is CHARGED, and its capture is DECLINED'],
  ['was never booked', "status = 'FAILED', reason = 'x'", 'is FAILED, and put 5000 into the wallet'],
  [
    'has another amount than its entries',
    'amount = 6000',
    'is CHARGED with 6000, and put 5000 into the wallet',
  ],
])('a charge that %s is found', async (_what, change, violation) => {
  const chargeId = await charged()
  await charged()
  await tamper(chargeId, change)
  expect(await found()).toEqual([`wallet: charge ${chargeId} ${violation}`])
})

test('two charges of one capture are both found', async () => {
  const ids = [await charged(), await charged()].toSorted()
  for (const chargeId of ids) await tamper(chargeId, "provider_reference = 'one'")
  expect(await found()).toEqual(
    ids.map((chargeId) => `wallet: charge ${chargeId} shares capture one with another charge`),
  )
})

test('money in a wallet without a charge, and a charge without its money, are found', async () => {
  const chargeId = await charged()
  const other = '00000000-0000-7000-8000-000000000001'
  await withoutTriggers(
    `UPDATE ledger_entries SET transaction_id = '${other}' WHERE transaction_id = '${chargeId}'`,
  )
  expect(await found()).toEqual([
    `wallet: charge ${other} put 5000 into a wallet, and is no charge`,
    `wallet: charge ${chargeId} is CHARGED with 5000, and put 0 into the wallet`,
  ])
})

test.each([
  ["capture_status = 'CAPTURED', provider_reference = 'r'", 'capture r is not given back (the bank is away)'],
  ["capture_status = 'PENDING'", 'whether the money was taken is not known (the bank is away)'],
])('a failed charge with %s is found when it is not settled after a minute', async (change, violation) => {
  const chargeId = await charged('declined')
  const failed = `${change}, last_error = 'the bank is away', finished_at = now()`
  await tamper(chargeId, `${failed} - interval '50 seconds'`)
  expect(await found()).toEqual([])
  await tamper(chargeId, `${failed} - interval '70 seconds'`)
  expect(await found()).toEqual([expect.stringMatching(/^wallet: charge .* FAILED at [-0-9T:]+Z, and /)])
  expect((await found())?.[0]).toContain(violation)
})

test('a charge of before the card provider needs no capture', async () => {
  const chargeId = await charged()
  await tamper(chargeId, 'capture_status = NULL, provider_reference = NULL')
  expect(await found()).toEqual([])
})
