import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import type { Pool } from '@frontrow/postgres/pool'
import { eventually } from '@frontrow/test-kit/eventually'
import { startStripe } from '../../services/payment/test/stripe-stand-in.ts'
import type { StripeStandIn } from '../../services/payment/test/stripe-stand-in.ts'
import { auditHolds, startOnSaleNetwork } from './on-sale-network.ts'
import type { Answer, OnSaleNetwork } from './on-sale-network.ts'
import {
  balanceOf,
  buy,
  cancel,
  hasStatus,
  metricOf,
  movementsOf,
  openDatabase,
  openSale,
  pay,
  readPayment,
} from './purchases.ts'
import type { Buyer } from './purchases.ts'

const CAPTURES = '/v1/payment_intents'
const REFUNDS = '/v1/refunds'
const CARD = 'pm_card_visa'

let network: OnSaleNetwork
let pool: Pool
let stripe: StripeStandIn

beforeAll(async () => {
  stripe = await startStripe()
  network = await startOnSaleNetwork(
    {
      PAYMENT_WAIT_MS: '500',
      SAGA_TAKING_MONEY_ATTEMPTS_MAX: '20',
      CARD_TIMEOUT_MS: '1000',
    },
    { of: { payment: { STRIPE_SECRET_KEY: 'sk_test_stand_in', STRIPE_API_URL: stripe.url } } },
  )
  pool = openDatabase(network)
})

afterEach(() => stripe?.behave(() => 'answer'))

afterAll(async () => {
  await pool?.end()
  await network?.stop()
  await stripe?.stop()
})

/** How often the provider was asked for something of a payment, and under which keys. */
function callsOf(path: string, paymentId: string): { key: string }[] {
  return stripe.calls.filter((call) => call.path === path && call.key.includes(paymentId))
}

const payAll = (buyers: readonly Buyer[], card?: string): Promise<Answer[]> =>
  Promise.all(buyers.map((buyer) => pay(network, buyer, card === undefined ? {} : { card })))

/** Their cards are being asked for, and they are told so and where to look. */
function arePending(answers: readonly Answer[]): string[] {
  return answers.map(({ status, headers, data }) => {
    expect([status, data.status]).toEqual([202, 'PENDING'])
    expect(headers.get('location')).toBe(`/api/v1/payments/${data.paymentId}`)
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect(data.estimatedWaitSeconds).toBeGreaterThanOrEqual(1)
    return data.paymentId
  })
}

/** All are paid, and each card was charged once, however often the provider was asked. */
async function areTakenOnce(buyers: readonly Buyer[], paymentIds: readonly string[]): Promise<void> {
  for (const [index, paymentId] of paymentIds.entries()) {
    const buyer = buyers[index]
    if (buyer !== undefined) await hasStatus(network, buyer, paymentId, 'APPROVED')
    expect(new Set(callsOf(CAPTURES, paymentId).map(({ key }) => key)).size).toBe(1)
    expect(stripe.intentOf(paymentId).status).toBe('succeeded')
  }
}

/** Beside cards that are stuck, wallets are paid from. */
async function walletsAreServed(wallets: readonly Buyer[]): Promise<void> {
  for (const [index, { data }] of (await payAll(wallets)).entries()) {
    const buyer = wallets[index]
    if (buyer === undefined) continue
    await hasStatus(network, buyer, data.paymentId, 'APPROVED')
    expect([await balanceOf(network, buyer), await movementsOf(pool, data.paymentId)]).toEqual([0, ['DEBIT']])
  }
}

test('a provider that hangs for some cards and fails every other call for others: buyers have 202 or their ticket, wallets and refunds go on, each card is charged once', async () => {
  const sale = await openSale(network, 'slow')
  const [slow, flapping, wallets, refunded] = await Promise.all([
    sale.buyers(4, 0),
    sale.buyers(4, 0),
    sale.buyers(4),
    sale.buyer(0),
  ])
  const refundedId = await buy(network, refunded, { card: CARD })
  let calls = 0
  stripe.behave((_path, card) => {
    if (card === 'pm_slow') return 'hang'
    if (card === 'pm_flapping') calls += 1
    return card === 'pm_flapping' && calls % 2 === 1 ? 'fail' : 'answer'
  })
  const [slowAnswers, flappingAnswers] = await Promise.all([
    payAll(slow, 'pm_slow'),
    payAll(flapping, 'pm_flapping'),
    walletsAreServed(wallets),
    cancel(network, refunded),
  ])
  const slowIds = arePending(slowAnswers)
  await hasStatus(network, refunded, refundedId, 'REFUNDED')
  expect(new Set(callsOf(REFUNDS, refundedId).map(({ key }) => key)).size).toBe(1)
  for (const { status } of flappingAnswers) expect([201, 202]).toContain(status)
  const flappingIds = flappingAnswers.map(({ data }) => data.paymentId)
  await areTakenOnce(flapping, flappingIds)
  expect(flappingIds.some((paymentId) => callsOf(CAPTURES, paymentId).length > 1)).toBe(true)
  for (const [index, paymentId] of slowIds.entries()) {
    const { status, failure } = await readPayment(network, slow[index]?.userId ?? '', paymentId)
    expect([status, failure]).toEqual(['PENDING', null])
  }
  stripe.behave(() => 'answer')
  await areTakenOnce(slow, slowIds)
  await auditHolds(network)
})

test('while the provider is away the breaker opens, buyers have 202, a refund shows in audit and metrics, wallets go on, and once it is back all ends, once', async () => {
  const sale = await openSale(network, 'away')
  const [cards, wallets, refunded] = await Promise.all([sale.buyers(12, 0), sale.buyers(4), sale.buyer(0)])
  const refundedId = await buy(network, refunded, { card: CARD })
  stripe.behave(() => 'fail')
  const paymentIds = arePending(await payAll(cards, CARD))
  const isOpen = (calls: string) =>
    metricOf(network, 'payment', 'circuit_breaker_open', `card provider stripe: ${calls}`)
  await eventually(async () => expect(await isOpen('captures')).toBe(1))
  expect((await cancel(network, refunded)).data.refund).toEqual({ paymentId: refundedId, status: 'PENDING' })
  await walletsAreServed(wallets)
  await eventually(() => expect(callsOf(REFUNDS, refundedId).length).toBeGreaterThan(2))
  await isHeldWithoutTicket(refunded, refundedId)
  stripe.behave(() => 'answer')
  // The breaker lets one call through on trial, and the first who comes is let through.
  await buy(network, await sale.buyer(0), { card: CARD })
  await areTakenOnce(cards, paymentIds)
  expect(await isOpen('captures')).toBe(0)
  await hasStatus(network, refunded, refundedId, 'REFUNDED')
  const refunds = callsOf(REFUNDS, refundedId)
  expect(new Set(refunds.map(({ key }) => key)).size).toBe(1)
  const { moneyWithoutTicket } = await auditHolds(network)
  expect(moneyWithoutTicket).toMatchObject({ payments: 0, oldestSeconds: null })
  expect(callsOf(REFUNDS, refundedId)).toHaveLength(refunds.length)
})

/** Money that waits for its way back is shown to its buyer, and to who runs the sale. */
async function isHeldWithoutTicket({ userId }: Buyer, paymentId: string): Promise<void> {
  const { data } = await network.call('GET', '/api/v1/admin/audit', { as: 'admin', admin: true })
  const longest = [expect.objectContaining({ paymentId, sagaState: 'REFUNDING' })]
  expect(data.moneyWithoutTicket).toMatchObject({ payments: 1, longest })
  expect(data.moneyWithoutTicket.oldestSeconds).toBeGreaterThan(0)
  expect(await metricOf(network, 'payment', 'money_without_ticket_payments')).toBe(1)
  expect(await metricOf(network, 'payment', 'money_without_ticket_oldest_seconds')).toBeGreaterThan(0)
  const { failure } = await readPayment(network, userId, paymentId)
  expect(failure).toMatchObject({
    code: 'RESERVATION_CANCELLED',
    message: 'the reservation was cancelled; the money is being given back',
    moneyMoved: true,
    refund: 'PENDING',
  })
}
