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
      PAYMENT_WAIT_MS: '1000',
      SAGA_TAKING_MONEY_ATTEMPTS_MAX: '20',
      CARD_TIMEOUT_MS: '1000',
    },
    { of: { payment: { STRIPE_SECRET_KEY: 'sk_test_stand_in', STRIPE_API_URL: stripe.url } } },
  )
  pool = openDatabase(network)
}, 90_000)

afterEach(() => stripe?.behave(() => 'answer'))

afterAll(async () => {
  await pool?.end()
  await network?.stop()
  await stripe?.stop()
}, 30_000)

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
    if (buyer !== undefined) await hasStatus(network, buyer, paymentId, 'APPROVED', 60_000)
    expect(new Set(callsOf(CAPTURES, paymentId).map(({ key }) => key)).size).toBe(1)
    expect(stripe.intentOf(paymentId).status).toBe('succeeded')
  }
}

/** Beside cards that are stuck, wallets are paid from and a card is given its money back. */
async function othersAreServed(
  wallets: readonly Buyer[],
  refunded: Buyer,
  refundedId: string,
): Promise<void> {
  const paid = await payAll(wallets)
  for (const [index, { data }] of paid.entries()) {
    const buyer = wallets[index]
    if (buyer === undefined) continue
    await hasStatus(network, buyer, data.paymentId, 'APPROVED')
    expect([await balanceOf(network, buyer), await movementsOf(pool, data.paymentId)]).toEqual([0, ['DEBIT']])
  }
  expect((await cancel(network, refunded)).status).toBe(200)
  await hasStatus(network, refunded, refundedId, 'REFUNDED')
  expect(callsOf(REFUNDS, refundedId)).toHaveLength(1)
}

test('while the card provider hangs, its buyers have 202, wallets and refunds go on beside them, and all are paid once it answers', async () => {
  const sale = await openSale(network, 'hang')
  const [cards, wallets, refunded] = await Promise.all([sale.buyers(5, 0), sale.buyers(4), sale.buyer(0)])
  const refundedId = await buy(network, refunded, { card: CARD })
  stripe.behave((path) => (path === CAPTURES ? 'hang' : 'answer'))
  const paymentIds = arePending(await payAll(cards, CARD))
  await othersAreServed(wallets, refunded, refundedId)
  for (const [index, paymentId] of paymentIds.entries()) {
    const { status, failure } = await readPayment(network, cards[index]?.userId ?? '', paymentId)
    expect([status, failure]).toEqual(['PENDING', null])
  }
  stripe.behave(() => 'answer')
  await areTakenOnce(cards, paymentIds)
  await auditHolds(network)
}, 60_000)

test('a provider that fails every other call: each buyer is paid, and charged once', async () => {
  const buyers = await (await openSale(network, 'flap')).buyers(5, 0)
  let calls = 0
  stripe.behave(() => ((calls += 1) % 2 === 1 ? 'fail' : 'answer'))
  const answers = await payAll(buyers, CARD)
  for (const { status } of answers) expect([201, 202]).toContain(status)
  const paymentIds = answers.map(({ data }) => data.paymentId)
  await areTakenOnce(buyers, paymentIds)
  expect(paymentIds.some((paymentId) => callsOf(CAPTURES, paymentId).length > 1)).toBe(true)
  await auditHolds(network)
}, 60_000)

test('while the provider is away the breaker opens, buyers have 202, wallets and refunds go on, and all are paid once it is back', async () => {
  const sale = await openSale(network, 'away')
  const [cards, wallets, refunded] = await Promise.all([sale.buyers(12, 0), sale.buyers(4), sale.buyer(0)])
  const refundedId = await buy(network, refunded, { card: CARD })
  stripe.behave((path) => (path === CAPTURES ? 'fail' : 'answer'))
  const paymentIds = arePending(await payAll(cards, CARD))
  const isOpen = (calls: string) =>
    metricOf(network, 'payment', 'circuit_breaker_open', `card provider stripe: ${calls}`)
  await eventually(async () => expect(await isOpen('captures')).toBe(1), { withinMs: 20_000 })
  expect(await isOpen('refunds')).toBe(0)
  await othersAreServed(wallets, refunded, refundedId)
  stripe.behave(() => 'answer')
  await areTakenOnce(cards, paymentIds)
  await eventually(async () => expect(await isOpen('captures')).toBe(0), { withinMs: 20_000 })
  await auditHolds(network)
}, 90_000)

test('a refund that the provider refuses is tried again under its key, shows in the audit and the metrics, and is made once', async () => {
  const buyer = await (await openSale(network, 'refuse')).buyer(0)
  const paymentId = await buy(network, buyer, { card: CARD })
  stripe.behave((path) => (path === REFUNDS ? 'fail' : 'answer'))
  expect((await cancel(network, buyer)).data.refund).toEqual({ paymentId, status: 'PENDING' })
  await eventually(() => expect(callsOf(REFUNDS, paymentId).length).toBeGreaterThan(2), { withinMs: 20_000 })
  const audit = await network.call('GET', '/api/v1/admin/audit', { as: 'admin', admin: true })
  expect(audit.data.moneyWithoutTicket).toMatchObject({
    payments: 1,
    longest: [{ paymentId, sagaState: 'REFUNDING' }],
  })
  expect(audit.data.moneyWithoutTicket.oldestSeconds).toBeGreaterThan(0)
  expect(await metricOf(network, 'payment', 'money_without_ticket_payments')).toBe(1)
  const { failure } = await readPayment(network, buyer.userId, paymentId)
  expect(failure).toMatchObject({
    code: 'RESERVATION_CANCELLED',
    message: 'the reservation was cancelled; the money is being given back',
    moneyMoved: true,
    refund: 'PENDING',
  })
  stripe.behave(() => 'answer')
  await hasStatus(network, buyer, paymentId, 'REFUNDED')
  const refunds = callsOf(REFUNDS, paymentId)
  expect(new Set(refunds.map(({ key }) => key)).size).toBe(1)
  const { moneyWithoutTicket } = await auditHolds(network)
  expect(moneyWithoutTicket).toMatchObject({ payments: 0, oldestSeconds: null })
  expect(callsOf(REFUNDS, paymentId)).toHaveLength(refunds.length)
}, 60_000)
