import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Pool } from '@frontrow/postgres/pool'
import { eventually } from '@frontrow/test-kit/eventually'
import { LosableKafka } from './losable-kafka.ts'
import { auditHolds, startOnSaleNetwork } from './on-sale-network.ts'
import type { Answer, OnSaleNetwork } from './on-sale-network.ts'
import {
  balanceOf,
  begunPayment,
  buy,
  cancel,
  hasAsked,
  hasStatus,
  holdSeat,
  isDeclined,
  metricOf,
  movementsOf,
  openDatabase,
  openSale,
  pay,
  PRICE,
  readPayment,
} from './purchases.ts'
import type { Buyer, Sale } from './purchases.ts'

const OUTAGE_MS = 30_000
// A broker that was killed is let in by its controller again when its old session has run out, 9 s after the controller's start.
const RESTART_MS = 11_000

let kafka: LosableKafka
let network: OnSaleNetwork
let pool: Pool

beforeAll(async () => {
  kafka = await LosableKafka.start()
  network = await startOnSaleNetwork(
    {
      PAYMENT_WAIT_MS: '500',
      SAGA_REPLY_WAIT_MS: '400',
      SAGA_REPLY_WAIT_MAX_MS: '5000',
      SAGA_TAKING_MONEY_ATTEMPTS_MAX: '20',
      SAGA_POLL_MS: '100',
    },
    { kafkaBrokers: kafka.brokers },
  )
  pool = openDatabase(network)
})

afterAll(async () => {
  await pool?.end()
  await network?.stop()
  await kafka?.dispose()
})

/** Somebody pays, and their payment has begun; the request waits for its answer. */
async function begin(
  buyer: Buyer,
  more: { card?: string } = {},
): Promise<{ paymentId: string; answer: Promise<Answer> }> {
  const answer = pay(network, buyer, more)
  return { answer, paymentId: await begunPayment(pool, buyer) }
}

const publishedOf = async (type: string, paymentId: string): Promise<string[]> => {
  const { rows } = await pool.query<{ message_id: string }>(
    `SELECT message_id FROM payment.outbox
     WHERE type = $1 AND payload->>'paymentId' = $2 AND published_at IS NOT NULL ORDER BY id`,
    [type, paymentId],
  )
  return rows.map((row) => row.message_id)
}

describe('no reply in time', () => {
  test('to the debit: it is sent again under its id, the buyer has 202, and is paid once the wallet is back', async () => {
    const buyer = await (await openSale(network, 'step1')).buyer()
    network.pause('wallet')
    const { paymentId, answer } = await begin(buyer)
    try {
      const { status, headers, data } = await answer
      expect([status, data.status, headers.get('location')]).toEqual([
        202,
        'PENDING',
        `/api/v1/payments/${paymentId}`,
      ])
      await hasAsked(pool, paymentId, 'TAKING_MONEY', 3)
      await eventually(async () =>
        expect((await publishedOf('DebitWallet', paymentId)).length).toBeGreaterThan(2),
      )
      expect(new Set(await publishedOf('DebitWallet', paymentId)).size).toBe(1)
    } finally {
      network.resume('wallet')
    }
    await hasStatus(network, buyer, paymentId, 'APPROVED')
    expect(await movementsOf(pool, paymentId)).toEqual(['DEBIT'])
    expect(await balanceOf(network, buyer)).toBe(0)
  })

  test('to the confirmation: the reservation is asked until it answers, and nothing is given back meanwhile', async () => {
    const buyer = await (await openSale(network, 'step2')).buyer()
    network.pause('wallet')
    const { paymentId, answer } = await begin(buyer)
    network.pause('reservation')
    network.resume('wallet')
    try {
      await hasAsked(pool, paymentId, 'CONFIRMING', 3)
      expect((await answer).status).toBe(202)
      expect(await publishedOf('RefundWallet', paymentId)).toEqual([])
      const shown = await readPayment(network, buyer.userId, paymentId)
      expect(shown).toMatchObject({ status: 'PENDING', failure: null, reservation: { status: null } })
    } finally {
      network.resume('reservation')
    }
    await hasStatus(network, buyer, paymentId, 'APPROVED')
    expect(new Set(await publishedOf('ConfirmReservation', paymentId)).size).toBe(1)
    expect(await movementsOf(pool, paymentId)).toEqual(['DEBIT'])
  })

  describe('past the limit of the debit', () => {
    beforeAll(() => network.restart('payment', { SAGA_TAKING_MONEY_ATTEMPTS_MAX: '2' }))
    afterAll(() => network.restart('payment'))

    test('the payment is given up, and what the wallet takes late is given back', async () => {
      const buyer = await (await openSale(network, 'limit')).buyer()
      network.pause('wallet')
      const { paymentId, answer } = await begin(buyer)
      try {
        await hasAsked(pool, paymentId, 'REFUNDING', 2)
        expect((await answer).status).toBe(202)
        const { failure } = await readPayment(network, buyer.userId, paymentId)
        expect(failure).toMatchObject({ code: 'PAYMENT_FAILED', moneyMoved: null, refund: 'PENDING' })
      } finally {
        network.resume('wallet')
      }
      const { failure } = await hasStatus(network, buyer, paymentId, 'REFUNDED')
      expect(failure).toMatchObject({ reason: 'TIMEOUT', moneyMoved: true, refund: 'REFUNDED' })
      expect(await movementsOf(pool, paymentId)).toEqual(['DEBIT', 'REFUND'])
      await hasMoneyAndSeat(buyer)
    })

    test('a refund that is there before its debit: the wallet refuses the late debit and says so, and nothing is taken', async () => {
      const buyer = await (await openSale(network, 'fence')).buyer()
      await holdBackDebits()
      let paymentId: string
      try {
        paymentId = (await begin(buyer)).paymentId
        const { failure } = await hasStatus(network, buyer, paymentId, 'FAILED')
        expect(failure).toMatchObject({ code: 'PAYMENT_FAILED', moneyMoved: false, refund: null })
        expect(failure.message).toMatch(/took too long .* nothing was taken/)
      } finally {
        await pool.query('DROP FUNCTION public.hold_back CASCADE')
      }
      await pool.query(
        `UPDATE payment.outbox SET published_at = NULL WHERE type = 'DebitWallet' AND payload->>'paymentId' = $1`,
        [paymentId],
      )
      await eventually(async () => {
        const { rows } = await pool.query(
          `SELECT DISTINCT payload->>'reason' AS reason FROM wallet.outbox
           WHERE type = 'WalletDebitRefused' AND payload->>'paymentId' = $1 AND published_at IS NOT NULL`,
          [paymentId],
        )
        expect(rows).toEqual([{ reason: 'REFUND_CAME_FIRST' }])
      })
      expect(await movementsOf(pool, paymentId)).toEqual([])
      await hasMoneyAndSeat(buyer)
      expect((await readPayment(network, buyer.userId, paymentId)).status).toBe('FAILED')
      await auditHolds(network)
    })
  })
})

/** Somebody who has lost nothing by a payment that was given up, and may try again. */
async function hasMoneyAndSeat(buyer: Buyer): Promise<void> {
  expect(await balanceOf(network, buyer)).toBe(PRICE)
  const { data } = await network.call('GET', `/api/v1/reservations/${buyer.reservationId}`, {
    as: buyer.userId,
  })
  expect(data.status).toBe('HOLD')
}

/** Debits that are asked for are not published, as where the message is stuck on its way. */
async function holdBackDebits(): Promise<void> {
  await pool.query(
    `CREATE FUNCTION public.hold_back() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN NEW.published_at := now(); RETURN NEW; END $$`,
  )
  await pool.query(
    `CREATE TRIGGER hold_back BEFORE INSERT ON payment.outbox FOR EACH ROW
     WHEN (NEW.type = 'DebitWallet') EXECUTE FUNCTION public.hold_back()`,
  )
}

test('a hold that runs out while paying: the money goes back, the answers say why and that it moved, and the seat is sold to another', async () => {
  const sale = await openSale(network, 'lapse')
  const rival = { userId: 'rival', scheduleId: sale.scheduleId, seatId: 1, money: PRICE }
  const buyer = await sale.buyer()
  network.pause('wallet')
  const key = randomUUID()
  const answer = pay(network, buyer, { key })
  const paymentId = await begunPayment(pool, buyer)
  try {
    expect((await answer).status).toBe(202)
    await endHold(buyer)
  } finally {
    network.resume('wallet')
  }
  const { failure } = await hasStatus(network, buyer, paymentId, 'REFUNDED')
  const message = 'the hold ran out while paying; the money was given back'
  expect(failure).toEqual({
    code: 'RESERVATION_EXPIRED',
    message,
    reason: 'RESERVATION_EXPIRED',
    moneyMoved: true,
    refund: 'REFUNDED',
  })
  const again = await pay(network, buyer, { key })
  expect([again.status, again.error]).toMatchObject([
    409,
    { code: 'RESERVATION_EXPIRED', message, details: { paymentId, moneyMoved: true } },
  ])
  expect(await movementsOf(pool, paymentId)).toEqual(['DEBIT', 'REFUND'])
  expect(await balanceOf(network, buyer)).toBe(PRICE)
  await buy(network, await holdSeat(network, rival))
  await auditHolds(network)
})

/** The time of a hold has come: expiry is a time in these rows. */
async function endHold({ reservationId }: Buyer): Promise<void> {
  // In one statement, so that nobody sees the one ended without the other.
  const { rows } = await pool.query(
    `WITH seats AS (UPDATE reservation.seat_holds SET expires_at = now() WHERE reservation_id = $1 RETURNING 1),
       ended AS (UPDATE reservation.reservations SET expires_at = now() WHERE reservation_id = $1 RETURNING 1)
     SELECT (SELECT count(*) FROM seats)::int AS seats, (SELECT count(*) FROM ended)::int AS reservations`,
    [reservationId],
  )
  expect(rows).toEqual([{ seats: 1, reservations: 1 }])
}

test('a refund that the wallet does not answer is asked for again and again, shows in the metrics, and is made once', async () => {
  const buyer = await (await openSale(network, 'refund')).buyer()
  const paymentId = await buy(network, buyer)
  network.pause('wallet')
  try {
    expect((await cancel(network, buyer)).data.refund).toEqual({ paymentId, status: 'PENDING' })
    await hasAsked(pool, paymentId, 'REFUNDING', 3)
    expect(await metricOf(network, 'payment', 'money_without_ticket_payments')).toBe(1)
    expect(await metricOf(network, 'payment', 'money_without_ticket_oldest_seconds')).toBeGreaterThan(0)
    const { failure } = await readPayment(network, buyer.userId, paymentId)
    expect(failure).toMatchObject({ code: 'RESERVATION_CANCELLED', moneyMoved: true, refund: 'PENDING' })
  } finally {
    network.resume('wallet')
  }
  await hasStatus(network, buyer, paymentId, 'REFUNDED')
  expect(new Set(await publishedOf('RefundWallet', paymentId)).size).toBe(1)
  expect(await movementsOf(pool, paymentId)).toEqual(['DEBIT', 'REFUND'])
  expect(await balanceOf(network, buyer)).toBe(PRICE)
  await eventually(async () =>
    expect(await metricOf(network, 'payment', 'money_without_ticket_payments')).toBe(0),
  )
})

test('instances of payment and wallet that join, leave and die while purchases run: each purchase ends once', async () => {
  const sale = await openSale(network, 'rebalance')
  const [buyers, payment, wallet] = await Promise.all([
    sale.buyers(24),
    network.addInstance('payment'),
    network.addInstance('wallet'),
  ])
  const ended: string[] = []
  const buyOneByOne = async (waiting: Buyer[]): Promise<void> => {
    for (let buyer = waiting.shift(); buyer !== undefined; buyer = waiting.shift()) {
      const { status, data } = await pay(network, buyer)
      expect([201, 202]).toContain(status)
      ended.push(data.paymentId)
    }
  }
  const buy3AtOnce = (waiting: Buyer[]) => Promise.all([1, 2, 3].map(() => buyOneByOne(waiting)))
  await buy3AtOnce(buyers.slice(0, 14))
  for (const instance of [payment, wallet]) {
    await eventually(async () =>
      expect(await instance.metrics()).toMatch(/^messages_consumed_total\{.*outcome="handled".*\} [1-9]/m),
    )
  }
  const buying = buy3AtOnce(buyers.slice(14))
  await eventually(() => expect(ended.length).toBeGreaterThan(15), { everyMs: 5 })
  await wallet.kill()
  await payment.stop()
  await buying
  for (const buyer of buyers) {
    const paymentId = await begunPayment(pool, buyer)
    await hasStatus(network, buyer, paymentId, 'APPROVED')
    expect(await movementsOf(pool, paymentId)).toEqual(['DEBIT'])
  }
  const { rows } = await pool.query(
    `SELECT key FROM (SELECT message_key AS key, count(DISTINCT message_id) AS told FROM payment.outbox
       WHERE type = 'PaymentApproved' AND message_key = ANY ($1) GROUP BY message_key) AS events WHERE told = 1`,
    [buyers.map(({ reservationId }) => reservationId)],
  )
  expect(rows).toHaveLength(buyers.length)
  await auditHolds(network)
})

describe('Kafka is away for 30 s', () => {
  test('holds and charges go on, payments are 202 and end when it is back, by wallet and by card, and the audit holds', async () => {
    const sale = await openSale(network, 'outage')
    const [first, second, third, fourth, paid, broke] = await Promise.all([
      sale.buyer(),
      sale.buyer(),
      sale.buyer(0),
      sale.buyer(),
      sale.buyer(),
      sale.buyer(1_000),
    ])
    const paidId = await buy(network, paid)
    const beganAt = Date.now()
    kafka.hang()
    const hanging = await buyAll([[first], [second], [third, 'tok_approved'], [broke]])
    await isUsable(sale, paid)
    await eventually(() => expect(Date.now() - beganAt).toBeGreaterThan(OUTAGE_MS / 3), {
      withinMs: OUTAGE_MS,
    })
    await kafka.kill()
    const late = await sale.buyer()
    const gone = await buyAll([[fourth], [late, 'tok_approved']])
    await isDeclined(network, await sale.buyer(0))
    expect((await network.call('GET', '/health/ready')).status).toBe(200)
    await eventually(() => expect(Date.now() - beganAt).toBeGreaterThan(OUTAGE_MS - RESTART_MS), {
      withinMs: OUTAGE_MS,
    })
    for (const { buyer, paymentId } of [...hanging, ...gone]) {
      expect((await readPayment(network, buyer.userId, paymentId)).status).toBe('PENDING')
    }
    await kafka.start()
    for (const { buyer, paymentId } of [...hanging, ...gone]) {
      const { failure } = await hasStatus(
        network,
        buyer,
        paymentId,
        buyer === broke ? 'FAILED' : 'APPROVED',
        90_000,
      )
      if (buyer === broke) expect(failure).toMatchObject({ code: 'INSUFFICIENT_BALANCE', moneyMoved: false })
    }
    for (const { buyer, paymentId, card } of [...hanging, ...gone]) {
      const isByWallet = card === undefined && buyer !== broke
      expect(await movementsOf(pool, paymentId)).toEqual(isByWallet ? ['DEBIT'] : [])
    }
    await hasStatus(network, paid, paidId, 'REFUNDED')
    expect(await balanceOf(network, paid)).toBe(PRICE)
    await auditHolds(network)
    await buy(network, await sale.buyer())
  })
})

interface Pending {
  buyer: Buyer
  card: string | undefined
  paymentId: string
}

/** All pay at once, and are told that it takes longer and where to look; a repeat is told the same. */
function buyAll(purchases: readonly (readonly [Buyer, string?])[]): Promise<Pending[]> {
  return Promise.all(
    purchases.map(async ([buyer, card]) => {
      const how = { key: randomUUID(), ...(card === undefined ? {} : { card }) }
      const { status, headers, data } = await pay(network, buyer, how)
      const { paymentId } = data
      expect([status, data.status, headers.get('location')]).toEqual([
        202,
        'PENDING',
        `/api/v1/payments/${paymentId}`,
      ])
      const repeat = await pay(network, buyer, how)
      expect([repeat.status, repeat.data.paymentId]).toEqual([202, paymentId])
      return { buyer, card, paymentId }
    }),
  )
}

/** Somebody cancels what they had paid; its seat is free at once, and somebody else charges their wallet, comes and holds it. */
async function isUsable({ scheduleId }: Sale, paid: Buyer): Promise<void> {
  const cancelled = await cancel(network, paid)
  expect([cancelled.status, cancelled.data]).toMatchObject([
    200,
    { status: 'CANCELLED', refund: { status: 'PENDING' } },
  ])
  const next = { userId: 'outage-next', scheduleId, seatId: paid.seatId, money: PRICE }
  const held = await holdSeat(network, next)
  const mine = await network.call('GET', `/api/v1/reservations/${held.reservationId}`, { as: held.userId })
  expect([mine.status, mine.data.status]).toEqual([200, 'HOLD'])
}
