import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Pool } from '@frontrow/postgres/pool'
import { eventually } from '@frontrow/test-kit/eventually'
import { openPatientPool } from '@frontrow/test-kit/patient-pool'
import { ask, auditHolds, enter, openOnSale, startOnSaleNetwork } from './on-sale-network.ts'
import type { Answer, OnSaleNetwork } from './on-sale-network.ts'

// Money on its way back, while processes are killed and news are lost.
const BY_CARD = 1_500
const BY_WALLET = 10
const PRICE = 50_000

let network: OnSaleNetwork
let reservationDb: Pool
let paymentDb: Pool

const connect = (service: 'payment' | 'reservation'): Pool =>
  openPatientPool(network.environment.databaseUrl(service), { max: 2 })

beforeAll(async () => {
  network = await startOnSaleNetwork({
    SAGA_REPLY_WAIT_MS: '2000',
    RECONCILE_EVERY_MS: '300',
    RECONCILE_AFTER_MS: '1000',
  })
  reservationDb = connect('reservation')
  paymentDb = connect('payment')
})

afterAll(async () => {
  await reservationDb?.end()
  await paymentDb?.end()
  await network?.stop()
})

const balanceOf = async (userId: string): Promise<number> =>
  (await ask(network, 'GET', `/api/v1/users/${userId}/balance`, { as: userId })).data?.currentBalance

const paymentOf = async (userId: string, paymentId: string): Promise<Answer['data']> =>
  (await network.call('GET', `/api/v1/payments/${paymentId}`, { as: userId })).data

async function buy(userId: string, scheduleId: number, seatId: number) {
  const queueToken = await enter(network, userId, scheduleId, PRICE)
  const held = await ask(network, 'POST', '/api/v1/reservations', {
    as: userId,
    queueToken,
    body: { scheduleId, seatIds: [seatId] },
  })
  const { reservationId } = held.data
  const paid = await ask(network, 'POST', '/api/v1/payments', {
    as: userId,
    key: randomUUID(),
    body: { reservationId, paymentMethod: 'BALANCE', amount: PRICE },
  })
  expect(paid.status).toBe(201)
  return { userId, reservationId: String(reservationId), paymentId: String(paid.data.paymentId) }
}

/** Reservations that were paid by card, as both services have them afterwards. */
async function sellByCard(scheduleId: number): Promise<void> {
  const ids = Array.from({ length: BY_CARD }, () => [randomUUID(), randomUUID()] as const)
  const values = [ids.map(([id]) => id), ids.map(([, id]) => id), scheduleId]
  await reservationDb.query(
    `WITH sold AS (
       INSERT INTO reservations (reservation_id, reservation_number, user_id, schedule_id, status, total_amount, seat_ids, seats,
         reserved_at, expires_at, payment_id, confirmed_at)
       SELECT id, 'C-' || n, 'card-' || n, $3::bigint, 'CONFIRMED', ${PRICE}, ARRAY[n + 100],
         json_build_array(json_build_object('seatId', n + 100, 'seatNumber', n + 100, 'section', 'A', 'row', 'A', 'grade', 'R',
           'price', ${PRICE})), now(), now(), payment_id, now()
       FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS ids (id, payment_id, n) RETURNING *)
     INSERT INTO seat_holds (schedule_id, seat_id, reservation_id, user_id, held_at, expires_at)
     SELECT schedule_id, seat_ids[1], reservation_id, user_id, now(), 'infinity' FROM sold`,
    values,
  )
  await paymentDb.query(
    `WITH ids AS (
       SELECT * FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS ids (reservation_id, payment_id, n)),
     paid AS (
       INSERT INTO payments (payment_id, reservation_id, user_id, schedule_id, amount, payment_method, status, paid_at)
       SELECT payment_id, reservation_id, 'card-' || n, $3::bigint, ${PRICE}, 'CARD', 'APPROVED', now() FROM ids RETURNING payment_id),
     sagas AS (
       INSERT INTO purchase_sagas (payment_id, state, money_taken) SELECT payment_id, 'APPROVED', true FROM paid)
     INSERT INTO card_captures (payment_id, amount, wanted, status, provider_reference)
     SELECT payment_id, ${PRICE}, 'CAPTURED', 'CAPTURED', 'sim-' || payment_id FROM paid`,
    values,
  )
}

test('a cancelled schedule gives all money back, once, though each service is killed in the middle', async () => {
  const { scheduleId } = await openOnSale(network, BY_CARD + 200)
  const bought = await Promise.all(
    Array.from({ length: BY_WALLET }, (_, index) => buy(`w-${index}`, scheduleId, index + 1)),
  )
  await sellByCard(scheduleId)
  const path = `/api/v1/admin/schedules/${scheduleId}`
  const admin = { as: 'admin', admin: true }
  const progress = async () => (await network.call('GET', path, admin)).data?.cancellation
  expect(await progress()).toBeNull()
  const all = BY_CARD + BY_WALLET
  expect((await network.call('PATCH', path, { ...admin, body: { status: 'CANCELLED' } })).status).toBe(200)
  await eventually(async () => expect((await progress())?.cancelled).toBeGreaterThan(0), { everyMs: 20 })
  await network.kill('reservation')
  expect((await network.call('GET', path, admin)).data).toMatchObject({
    status: 'CANCELLED',
    cancellation: null,
  })
  await network.restart('reservation')
  await eventually(async () => expect((await progress())?.refunded).toBeGreaterThan(50), {
    everyMs: 50,
  })
  await Promise.all([network.kill('payment'), network.kill('wallet')])
  await Promise.all([network.restart('payment'), network.restart('wallet')])
  await eventually(
    async () => {
      expect(await progress()).toEqual({
        reservations: all,
        cancelled: all,
        refundsPending: 0,
        refunded: all,
      })
    },
    { withinMs: 90_000, everyMs: 250 },
  )
  for (const { userId } of bought) expect(await balanceOf(userId)).toBe(PRICE)
  const { rows } = await paymentDb.query(
    `SELECT count(*) AS told, count(DISTINCT message_key) AS once FROM outbox WHERE type = 'PaymentRefunded'`,
  )
  expect(rows).toEqual([{ told: all, once: all }])
  const one = bought[0]
  expect(await paymentOf(one?.userId ?? '', one?.paymentId ?? '')).toMatchObject({
    status: 'REFUNDED',
    reservation: { status: 'CANCELLED', reservationNumber: expect.any(String), seats: [{ seatId: 1 }] },
    failure: { code: 'SCHEDULE_CANCELLED', moneyMoved: true, refund: 'REFUNDED' },
  })
  expect(await auditHolds(network)).toMatchObject({
    moneyWithoutTicket: { payments: 0, oldestSeconds: null, longest: [] },
  })
})

test('a refund that nobody was told of is found by what the services know, and made', async () => {
  const { scheduleId } = await openOnSale(network, 10)
  const { userId, reservationId, paymentId } = await buy('lost', scheduleId, 1)
  // As after a crash of the broker that lost the news of the cancellation.
  await reservationDb.query(
    `WITH freed AS (DELETE FROM seat_holds WHERE reservation_id = $1)
     UPDATE reservations SET status = 'CANCELLED', cancelled_at = now(), cancel_reason = 'USER_CANCELLED', refund_status = 'PENDING'
     WHERE reservation_id = $1`,
    [reservationId],
  )
  await eventually(async () => expect((await paymentOf(userId, paymentId)).status).toBe('REFUNDED'))
  expect(await balanceOf(userId)).toBe(PRICE)
  await eventually(async () => {
    const { data } = await network.call('GET', `/api/v1/reservations/${reservationId}`, { as: userId })
    expect(data.refund).toEqual({ paymentId, status: 'REFUNDED' })
  })
  await auditHolds(network)
})
