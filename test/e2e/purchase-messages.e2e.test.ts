import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Pool } from '@frontrow/postgres/pool'
import { topics } from '@frontrow/proto/topics'
import { auditHolds, startOnSaleNetwork } from './on-sale-network.ts'
import type { OnSaleNetwork } from './on-sale-network.ts'
import { areDeadLetters, contradiction, unreadableOf } from './poison.ts'
import type { Poison } from './poison.ts'
import {
  balanceOf,
  begunPayment,
  buy,
  cancel,
  hasStatus,
  isDeclined,
  movementsOf,
  openDatabase,
  openSale,
  pay,
  PRICE,
} from './purchases.ts'
import type { Buyer } from './purchases.ts'
import { shuffled, TopicTape } from './topic-tape.ts'
import type { TapedMessage } from './topic-tape.ts'

const SEED = 20_261_126

let network: OnSaleNetwork
let pool: Pool
let tape: TopicTape

beforeAll(async () => {
  network = await startOnSaleNetwork({
    PAYMENT_WAIT_MS: '1000',
    SAGA_REPLY_WAIT_MS: '400',
    SAGA_REPLY_WAIT_MAX_MS: '3000',
    SAGA_TAKING_MONEY_ATTEMPTS_MAX: '20',
    SAGA_POLL_MS: '100',
    CARD_TIMEOUT_MS: '1500',
    CARD_SIMULATOR_LATE_MS: '10000',
  })
  pool = openDatabase(network)
  tape = await TopicTape.start(network.environment)
})

afterEach(() => {
  for (const name of ['wallet', 'reservation', 'payment'] as const) network?.resume(name)
})

afterAll(async () => {
  await tape?.stop()
  await pool?.end()
  await network?.stop()
})

/** All that the services know of purchases, times and versions included. */
async function readAll(): Promise<Record<string, unknown>> {
  const tables = {
    'wallet.wallets': 'user_id',
    'wallet.ledger_entries': 'entry_id',
    'wallet.payment_movements': 'payment_id',
    'payment.payments': 'payment_id',
    'payment.purchase_sagas': 'payment_id',
    'payment.saga_steps': 'payment_id, version',
    'payment.card_captures': 'payment_id',
    'reservation.reservations': 'reservation_id',
    'reservation.seat_holds': 'schedule_id, seat_id',
    'reservation.confirm_replies': 'payment_id',
  }
  const all: Record<string, unknown> = {}
  for (const [table, order] of Object.entries(tables)) {
    all[table] = (await pool.query(`SELECT * FROM ${table} ORDER BY ${order}`)).rows
  }
  for (const service of ['wallet', 'payment', 'reservation']) {
    // A message that is sent again has the id that it had.
    const { rows } = await pool.query(
      `SELECT DISTINCT message_id, topic, type, payload::text FROM ${service}.outbox ORDER BY message_id`,
    )
    all[`messages of ${service}`] = rows
  }
  return all
}

/** One purchase of each end: paid by wallet and by card, refused for want of money, cancelled afterwards. */
async function buyInEveryWay(name: string): Promise<{ scheduleId: number; concertId: number }> {
  const sale = await openSale(network, name)
  const [byWallet, byCard, broke, cancelled, cancelledCard] = await Promise.all([
    sale.buyer(),
    sale.buyer(0),
    sale.buyer(1_000),
    sale.buyer(),
    sale.buyer(0),
  ])
  const card = 'tok_approved'
  const [, , refused] = await Promise.all([
    buy(network, byWallet),
    buy(network, byCard, { card }),
    pay(network, broke),
    buy(network, cancelled),
    buy(network, cancelledCard, { card }),
  ])
  expect([202, 402]).toContain(refused.status)
  await hasStatus(network, broke, await begunPayment(pool, broke), 'FAILED')
  const refunds = await Promise.all([cancel(network, cancelled), cancel(network, cancelledCard)])
  for (const [index, { data }] of refunds.entries()) {
    const { userId } = index === 0 ? cancelled : cancelledCard
    await hasStatus(network, { userId }, data.refund.paymentId, 'REFUNDED')
  }
  expect(await balanceOf(network, byWallet)).toBe(0)
  expect(await balanceOf(network, cancelled)).toBe(PRICE)
  return sale
}

async function seatsLeft(concertId: number, scheduleId: number): Promise<number> {
  const { data } = await network.call('GET', `/api/v1/concerts/${concertId}/schedules/${scheduleId}`)
  return data.availableSeats
}

const REPLIES: Readonly<Record<string, readonly string[]>> = {
  DebitWallet: ['WalletDebited', 'WalletDebitRefused'],
  RefundWallet: ['WalletRefunded'],
  ConfirmReservation: ['ReservationConfirmed', 'ReservationConfirmRefused'],
}

const idOf = ({ headers }: TapedMessage): string => headers['ce_id'] ?? ''
const typesOf = (messages: readonly TapedMessage[]): string[] => [
  ...new Set(messages.map(({ headers }) => headers['ce_type'] ?? '')),
]

describe('any message twice, late, or out of order', () => {
  test('purchases whose every message comes twice end as others do, and each has one effect', async () => {
    tape.echoes = true
    try {
      await buyInEveryWay('echo')
      await tape.quiet(pool)
    } finally {
      tape.echoes = false
    }
    await auditHolds(network)
    expect(tape.deadLetters).toEqual([])
  })

  test('when all messages come twice more, in any order, after the end, nothing changes and stored replies are sent again', async () => {
    const { scheduleId, concertId } = await buyInEveryWay('late')
    await tape.quiet(pool)
    const before = await readAll()
    const left = await seatsLeft(concertId, scheduleId)
    const recorded = [...tape.messages]
    expect(typesOf(recorded)).toEqual(
      expect.arrayContaining([
        'DebitWallet',
        'WalletDebited',
        'WalletDebitRefused',
        'RefundWallet',
        'WalletRefunded',
      ]),
    )
    expect(typesOf(recorded)).toEqual(
      expect.arrayContaining([
        'ConfirmReservation',
        'ReservationConfirmed',
        'ReservationCancelled',
        'PaymentRefunded',
      ]),
    )
    await tape.publish(shuffled([...recorded, ...recorded], SEED))
    await tape.quiet(pool)
    expect(await readAll()).toEqual(before)
    for (const [command, replies] of Object.entries(REPLIES)) {
      const [commands, answers, sent] = [
        recorded.filter(({ headers }) => headers['ce_type'] === command),
        recorded.filter(({ headers }) => replies.includes(headers['ce_type'] ?? '')),
        tape.messages.filter(({ headers }) => replies.includes(headers['ce_type'] ?? '')),
      ]
      expect(new Set(sent.map(idOf))).toEqual(new Set(answers.map(idOf)))
      // As they were, twice by us, and one for each command that came again.
      expect([command, sent.length]).toEqual([command, answers.length * 3 + commands.length * 2])
    }
    expect(await seatsLeft(concertId, scheduleId)).toBe(left)
  })

  test('commands and replies that come again under other ids change nothing either', async () => {
    await tape.quiet(pool)
    const before = await readAll()
    const again = tape.messages.filter(
      ({ topic }) =>
        topic === topics.walletCommands ||
        topic === topics.reservationCommands ||
        topic === topics.walletEvents,
    )
    await tape.publish(
      shuffled(again, SEED).map((one) => ({ ...one, headers: { ...one.headers, ce_id: randomUUID() } })),
    )
    await tape.quiet(pool)
    expect(await readAll()).toEqual(before)
    expect(tape.deadLetters).toEqual([])
    await auditHolds(network)
  })

  test('of a purchase and its refund the first reply of each step is lost: each is asked for again, and made once', async () => {
    const [buyer] = await (await openSale(network, 'lost')).buyers(1)
    if (buyer === undefined) throw new Error('nobody came')
    await loseFirstReplies()
    try {
      await pay(network, buyer)
      const paymentId = await begunPayment(pool, buyer)
      await hasStatus(network, buyer, paymentId, 'APPROVED')
      expect(tape.of('DebitWallet', [paymentId]).length).toBeGreaterThan(1)
      expect(tape.of('ConfirmReservation', [paymentId]).length).toBeGreaterThan(1)
      await cancel(network, buyer)
      await hasStatus(network, buyer, paymentId, 'REFUNDED')
      expect(tape.of('RefundWallet', [paymentId]).length).toBeGreaterThan(1)
      for (const type of ['DebitWallet', 'ConfirmReservation', 'RefundWallet']) {
        expect(new Set(tape.of(type, [paymentId]).map(idOf)).size).toBe(1)
      }
      expect(await movementsOf(pool, paymentId)).toEqual(['DEBIT', 'REFUND'])
      expect(await balanceOf(network, buyer)).toBe(PRICE)
    } finally {
      await loseNoReplies()
    }
    await auditHolds(network)
  })
})

/** Every reply of wallet and reservation to a payment gets lost the first time that it is sent. */
async function loseFirstReplies(): Promise<void> {
  await pool.query(
    `CREATE FUNCTION public.lose_first() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
     DECLARE
       known boolean;
     BEGIN
       EXECUTE format('SELECT EXISTS (SELECT FROM %I.outbox WHERE message_id = $1)', TG_TABLE_SCHEMA) INTO known USING NEW.message_id;
       IF NOT known THEN NEW.published_at := now(); END IF;
       RETURN NEW;
     END $$`,
  )
  for (const schema of ['wallet', 'reservation']) {
    await pool.query(
      `CREATE TRIGGER lose_first BEFORE INSERT ON ${schema}.outbox FOR EACH ROW
       WHEN (NEW.type IN ('WalletDebited', 'WalletRefunded', 'ReservationConfirmed')) EXECUTE FUNCTION public.lose_first()`,
    )
  }
}

async function loseNoReplies(): Promise<void> {
  await pool.query('DROP FUNCTION public.lose_first CASCADE')
}

test('two payments of one reservation at the same moment, by wallet and by card: one wins, the other is 409 and takes nothing', async () => {
  const buyers = await (await openSale(network, 'both')).buyers(12)
  const winners = await Promise.all(
    buyers.map(async (buyer, index) => {
      const ways = [() => pay(network, buyer), () => pay(network, buyer, { card: 'tok_approved' })]
      const answers = await Promise.all((index % 2 === 0 ? ways : ways.toReversed()).map((way) => way()))
      const [lost] = answers.filter(({ status }) => status === 409)
      const won = answers.filter(({ status }) => status === 201 || status === 202)
      expect([lost?.error?.code, won.length]).toEqual(['ALREADY_PAID', 1])
      const { paymentId, paymentMethod } = won[0]?.data ?? {}
      await hasStatus(network, buyer, paymentId, 'APPROVED')
      expect(await movementsOf(pool, paymentId)).toEqual(paymentMethod === 'BALANCE' ? ['DEBIT'] : [])
      expect(await balanceOf(network, buyer)).toBe(paymentMethod === 'BALANCE' ? 0 : PRICE)
      return { paymentMethod, reservationId: buyer.reservationId }
    }),
  )
  const { rows } = await pool.query<{ captures: number }>(
    `SELECT count(*)::int AS captures FROM payment.card_captures c JOIN payment.payments p USING (payment_id)
     WHERE p.reservation_id = ANY ($1) AND c.status = 'CAPTURED'`,
    [winners.map(({ reservationId }) => reservationId)],
  )
  expect(rows[0]?.captures).toBe(winners.filter(({ paymentMethod }) => paymentMethod === 'CARD').length)
  await auditHolds(network)
})

/** The buyers of these payments have their tickets, and their wallets were debited once for each. */
async function arePaidOnce(buyers: readonly Buyer[], paymentIds: readonly string[]): Promise<void> {
  for (const [index, paymentId] of paymentIds.entries()) {
    const buyer = buyers[index]
    if (buyer !== undefined) await hasStatus(network, buyer, paymentId, 'APPROVED')
    expect(await movementsOf(pool, paymentId)).toEqual(['DEBIT'])
  }
}

test('poison between the messages of running purchases, at each step: each is a dead letter with its error, all others are applied', async () => {
  const buyers = await (await openSale(network, 'poison')).buyers(6)
  const poisons: Poison[] = []
  const poison = async (more: Poison[]): Promise<void> => {
    poisons.push(...more)
    await tape.publish(more)
  }
  const repeat = (type: string, ids: readonly string[]) => tape.publish(tape.of(type, ids))
  // What is sent to a service that is paused comes to it in one fetch.
  network.pause('wallet')
  const first = buyers.slice(0, 3).map((buyer) => pay(network, buyer))
  const firstIds = await Promise.all(buyers.slice(0, 3).map((buyer) => begunPayment(pool, buyer)))
  await tape.waitFor('DebitWallet', firstIds)
  const debit = tape.of('DebitWallet', firstIds)[0]
  const userId = 'nobody'
  await poison([
    ...unreadableOf(topics.walletCommands, 'DebitWallet', { userId }, ['wallet']),
    contradiction(debit, 'DebitWallet', { amount: 1 }, /the payment was of 50000, not of 1/, 'wallet'),
    contradiction(debit, 'RefundWallet', { userId }, /another user/, 'wallet'),
  ])
  const second = buyers.slice(3).map((buyer) => pay(network, buyer))
  const ids = [...firstIds, ...(await Promise.all(buyers.slice(3).map((buyer) => begunPayment(pool, buyer))))]
  await tape.waitFor('DebitWallet', ids)
  network.pause('reservation')
  network.resume('wallet')
  await tape.waitFor('ConfirmReservation', ids)
  const confirm = { reservationId: randomUUID(), userId }
  await poison(unreadableOf(topics.reservationCommands, 'ConfirmReservation', confirm, ['reservation']))
  await repeat('ConfirmReservation', ids)
  network.pause('payment')
  const debited = tape.of('WalletDebited', ids)[0]
  await repeat('WalletDebited', ids)
  await poison([
    ...unreadableOf(topics.walletEvents, 'WalletRefunded', { userId }, ['payment']),
    contradiction(debited, 'WalletRefunded', { refundedAmount: PRICE }, /can't be right/, 'payment'),
  ])
  await repeat('WalletDebited', ids)
  network.resume('reservation')
  await tape.waitFor('ReservationConfirmed', ids)
  const sold = tape.of('ReservationConfirmed', ids)[0]
  await poison([
    ...unreadableOf(topics.reservationEvents, 'ReservationConfirmed', confirm, ['payment']),
    contradiction(sold, 'ReservationConfirmed', { paymentId: randomUUID() }, /there is no saga/, 'payment'),
  ])
  await repeat('ReservationConfirmed', ids)
  network.resume('payment')
  for (const answer of await Promise.all([...first, ...second])) expect([201, 202]).toContain(answer.status)
  await arePaidOnce(buyers, ids)
  await areDeadLetters(network, tape, poisons)
  await auditHolds(network)
})

test('a card that is late has 202 and is paid, a flaky one is paid, a declined one is 402 and takes nothing', async () => {
  const [late, flaky, declined] = await (await openSale(network, 'cards')).buyers(3, 0)
  if (late === undefined || flaky === undefined || declined === undefined) throw new Error('too few came')
  const [slow, works] = await Promise.all([
    pay(network, late, { card: 'tok_timeout' }),
    pay(network, flaky, { card: 'tok_flaky' }),
    isDeclined(network, declined),
  ])
  expect([slow.status, slow.data.status, slow.headers.get('location')]).toEqual([
    202,
    'PENDING',
    `/api/v1/payments/${slow.data.paymentId}`,
  ])
  expect([201, 202]).toContain(works.status)
  await hasStatus(network, late, slow.data.paymentId, 'APPROVED')
  await hasStatus(network, flaky, works.data.paymentId, 'APPROVED')
  await auditHolds(network)
})
