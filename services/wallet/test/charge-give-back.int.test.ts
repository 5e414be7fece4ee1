import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { CardBank, noAnswer } from './card-bank.ts'
import { startWalletUnderTest } from './wallet-under-test.ts'
import type { WalletUnderTest } from './wallet-under-test.ts'

let it: WalletUnderTest
const bank = new CardBank()
const { onCapture, onRefund } = bank

beforeAll(async () => {
  const env = { CARD_TIMEOUT_MS: '300', CHARGE_WAIT_MS: '200', CHARGE_GIVE_UP_MS: '1000' }
  it = await startWalletUnderTest({ env, cardProvider: bank })
})

afterEach(() => {
  Object.assign(bank, { onCapture, onRefund })
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

describe('a charge that was given up', () => {
  const untilRefund = (user: string, transactionId: unknown, refund: unknown) =>
    eventually(async () => {
      const found = await chargeAt(user, `/users/${user}/balance/charges/${String(transactionId)}`)
      expect(found?.['refund']).toEqual(refund)
      return found
    })

  test('is given back once where the money had been taken, under one key however often that fails', async () => {
    let isSilent = true
    bank.onCapture = (call, decide) => {
      decide()
      return isSilent ? noAnswer(call) : decide()
    }
    bank.onRefund = (call, decide) => {
      const { length: asked } = bank.callsOf(call.key)
      if (asked > 1) decide()
      // The first is lost on the way there, the second on the way back.
      if (asked < 3) throw new Error('the bank is away')
    }
    const pending = await charge('giver')
    expect(pending.status).toBe(202)
    const { transactionId } = pending.data ?? {}
    await untilStatus('giver', pending.location, 'FAILED')
    const failed = await charge('giver')
    expect([failed.status, failed.error?.code, failed.error?.details]).toEqual([
      402,
      'PAYMENT_FAILED',
      { transactionId, reason: 'TIMEOUT' },
    ])
    expect((await chargeAt('giver', pending.location))?.['refund']).toEqual({ status: 'PENDING' })
    isSilent = false
    await untilRefund('giver', transactionId, { status: 'REFUNDED' })
    expect(bank.callsOf(transactionId).filter(({ kind }) => kind === 'refund').length).toBeGreaterThan(1)
    expect(bank.refunded.get(`ref-charge-${String(transactionId)}`)?.size).toBe(1)
    expect([bank.kept(transactionId), await it.balance('giver')]).toEqual([0, 0])
    expect([(await charge('giver')).status, (await charge('giver')).error?.code]).toEqual([
      402,
      'PAYMENT_FAILED',
    ])
    expect(await it.violations()).toEqual(clean)
  })

  test('is not given back where the card turns out to be declined', async () => {
    let isSilent = true
    bank.onCapture = (call, decide) => (isSilent ? noAnswer(call) : decide())
    const pending = await charge('spared', 'declined')
    const { transactionId } = pending.data ?? {}
    await untilStatus('spared', pending.location, 'FAILED')
    isSilent = false
    const found = await untilRefund('spared', transactionId, null)
    expect(found).toMatchObject({ reason: 'TIMEOUT' })
    expect(bank.callsOf(transactionId).some(({ kind }) => kind === 'refund')).toBe(false)
  })
})
