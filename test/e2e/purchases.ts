import { randomUUID } from 'node:crypto'
import { expect } from '@jest/globals'
import type { Pool } from '@frontrow/postgres/pool'
import { eventually } from '@frontrow/test-kit/eventually'
import { openPatientPool } from '@frontrow/test-kit/patient-pool'
import { ask, enter, openOnSale } from './on-sale-network.ts'
import type { Answer, OnSaleNetwork } from './on-sale-network.ts'
import type { ServiceName } from '../../scripts/services.ts'

/** What each seat costs. */
export const PRICE = 50_000

/** Somebody who holds one seat. */
export interface Buyer {
  userId: string
  scheduleId: number
  seatId: number
  queueToken: string
  reservationId: string
}

/** The buyers of one schedule, each with a seat and a name of their own. */
export interface Sale {
  scheduleId: number
  concertId: number
  /** Somebody comes, with money for one seat unless told otherwise, and holds the next seat. */
  buyer(money?: number): Promise<Buyer>
  buyers(count: number, money?: number): Promise<Buyer[]>
}

/** Opens a sale with `seats` seats. Names begin with `name`, so that each test has its own people. */
export async function openSale(network: OnSaleNetwork, name: string, seats = 40): Promise<Sale> {
  const { scheduleId, concertId } = await openOnSale(network, seats)
  let seat = 0
  const buyer = (money = PRICE): Promise<Buyer> => {
    seat += 1
    return holdSeat(network, { userId: `${name}-${seat}`, scheduleId, seatId: seat, money })
  }
  return {
    scheduleId,
    concertId,
    buyer,
    buyers: (count, money) => Promise.all(Array.from({ length: count }, () => buyer(money))),
  }
}

/** Somebody charges their wallet, is let in and holds a seat. */
export async function holdSeat(
  network: OnSaleNetwork,
  {
    userId,
    scheduleId,
    seatId,
    money,
  }: { userId: string; scheduleId: number; seatId: number; money: number },
): Promise<Buyer> {
  const queueToken = await enter(network, userId, scheduleId, money)
  const body = { scheduleId, seatIds: [seatId] }
  const held = await ask(network, 'POST', '/api/v1/reservations', { as: userId, queueToken, body })
  if (held.status !== 201) throw new Error(`not held: ${JSON.stringify(held)}`)
  return { userId, scheduleId, seatId, queueToken, reservationId: held.data.reservationId }
}

/** Pays from the wallet, or with the token of a card; asked again under its key while a busy machine has no answer. */
export function pay(
  network: OnSaleNetwork,
  { userId, reservationId }: Buyer,
  { card, key = randomUUID() }: { card?: string; key?: string } = {},
): Promise<Answer> {
  const method =
    card === undefined ? { paymentMethod: 'BALANCE' } : { paymentMethod: 'CARD', card: { token: card } }
  return ask(network, 'POST', '/api/v1/payments', { as: userId, key, body: { reservationId, ...method } })
}

/** Pays and waits until the payment is APPROVED, in the answer or later; returns its id. */
export async function buy(
  network: OnSaleNetwork,
  buyer: Buyer,
  more: { card?: string } = {},
): Promise<string> {
  const { status, data } = await pay(network, buyer, more)
  expect([201, 202]).toContain(status)
  await hasStatus(network, buyer, data.paymentId, 'APPROVED')
  return data.paymentId
}

/** Pays with a card that is declined: answered at once, or found out later where the machine is busy. */
export async function isDeclined(network: OnSaleNetwork, buyer: Buyer): Promise<void> {
  const { status, data, error } = await pay(network, buyer, { card: 'tok_declined' })
  if (status === 202) {
    const { failure } = await hasStatus(network, buyer, data.paymentId, 'FAILED')
    expect(failure).toMatchObject({ code: 'CARD_DECLINED', moneyMoved: false })
    return
  }
  expect([status, error]).toMatchObject([402, { code: 'CARD_DECLINED', details: { moneyMoved: false } }])
}

export function cancel(network: OnSaleNetwork, { userId, reservationId }: Buyer): Promise<Answer> {
  return ask(network, 'POST', `/api/v1/reservations/${reservationId}/cancel`, { as: userId })
}

export async function readPayment(
  network: OnSaleNetwork,
  userId: string,
  paymentId: string,
): Promise<Answer['data']> {
  const { status, data } = await ask(network, 'GET', `/api/v1/payments/${paymentId}`, { as: userId })
  expect(status).toBe(200)
  return data
}

/** Waits until a payment has this status, and returns it. */
export function hasStatus(
  network: OnSaleNetwork,
  { userId }: Pick<Buyer, 'userId'>,
  paymentId: string,
  status: string,
  withinMs = 90_000,
): Promise<Answer['data']> {
  return eventually(
    async () => {
      const data = await readPayment(network, userId, paymentId)
      if (data.status !== status) throw new Error(`not ${status}: ${JSON.stringify(data)}`)
      return data
    },
    { withinMs, everyMs: 100 },
  )
}

export async function balanceOf(network: OnSaleNetwork, { userId }: Pick<Buyer, 'userId'>): Promise<number> {
  const { status, data } = await ask(network, 'GET', `/api/v1/users/${userId}/balance`, { as: userId })
  expect(status).toBe(200)
  return data.currentBalance
}

/** Reads what the wallet's ledger has of a payment: how often money was taken and given back. */
export async function movementsOf(pool: Pool, paymentId: string): Promise<string[]> {
  const { rows } = await pool.query<{ kind: string }>(
    `SELECT kind FROM wallet.ledger_entries WHERE payment_id = $1 AND account = 'wallet' ORDER BY entry_id`,
    [paymentId],
  )
  return rows.map(({ kind }) => kind)
}

/** Reads how far a saga is. */
async function sagaOf(pool: Pool, paymentId: string): Promise<{ state: string; attempts: number }> {
  const { rows } = await pool.query<{ state: string; attempts: number }>(
    'SELECT state, attempts FROM payment.purchase_sagas WHERE payment_id = $1',
    [paymentId],
  )
  if (rows[0] === undefined) throw new Error(`there is no saga of ${paymentId}`)
  return rows[0]
}

/** Waits until the payment of a reservation has begun, whose request may not be answered yet, and returns its id. */
export function begunPayment(pool: Pool, { reservationId }: Buyer): Promise<string> {
  return eventually(async () => {
    const { rows } = await pool.query<{ payment_id: string }>(
      'SELECT payment_id FROM payment.payments WHERE reservation_id = $1 ORDER BY payment_id DESC LIMIT 1',
      [reservationId],
    )
    if (rows[0] === undefined) throw new Error(`no payment of ${reservationId} has begun`)
    return rows[0].payment_id
  })
}

/** Waits until a saga has asked this often for what its state waits for. */
export async function hasAsked(pool: Pool, paymentId: string, state: string, times: number): Promise<void> {
  await eventually(async () => {
    const saga = await sagaOf(pool, paymentId)
    expect(saga.state).toBe(state)
    expect(saga.attempts).toBeGreaterThanOrEqual(times)
  })
}

/** Reads one value of a service's metrics; `label` is part of its labels where there are several. */
export async function metricOf(
  network: OnSaleNetwork,
  service: ServiceName,
  name: string,
  label = '',
): Promise<number> {
  const lines = (await network.metrics(service)).split('\n')
  const line = lines.find((one) => one.startsWith(`${name}{`) && one.includes(label))
  if (line === undefined) throw new Error(`${service} has no metric ${name} with ${label}`)
  return Number(line.split(' ').at(-1))
}

/** A connection that sees the rows of all services. */
export function openDatabase(network: OnSaleNetwork): Pool {
  return openPatientPool(network.environment.adminDatabaseUrl, { max: 2 })
}
