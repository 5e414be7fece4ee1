import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { toHeaders } from '@frontrow/messaging/envelope'
import { createKafka, createProducer } from '@frontrow/messaging/kafka'
import type { CancellationProgress__Output as CancellationProgress } from '@frontrow/proto/gen/frontrow/reservation/v1/CancellationProgress'
import { ReservationService } from '@frontrow/proto/services'
import { topics } from '@frontrow/proto/topics'
import { createLogger } from '@frontrow/service-host/logger'
import { eventually } from '@frontrow/test-kit/eventually'
import { credentials, Metadata } from '@grpc/grpc-js'
import { uuidv7 } from 'uuidv7'
import { layOutRuns } from './neighbours.ts'
import { startReservationProcess } from './reservation-process.ts'
import { startInstance, startRunningService } from './running-service.ts'
import type { RunningService } from './running-service.ts'

const HOUR_MS = 3_600_000
const SHOW = 90

let running: RunningService

beforeAll(async () => {
  running = await startRunningService({ env: { SCHEDULE_CACHE_MS: '0', SWEEP_EVERY_MS: '60000' } })
})
afterAll(() => running.stop())

function showIs(change: { refundableUntilMs: number; status?: string; performanceAtMs?: number }): void {
  const now = Date.now()
  running.neighbours.schedules.set(SHOW, {
    status: 'ON_SALE',
    bookingOpenAtMs: now - HOUR_MS,
    bookingCloseAtMs: now + HOUR_MS,
    performanceAtMs: now + 2 * HOUR_MS,
    runs: layOutRuns(SHOW, 50),
    ...change,
  })
}

async function hold(userId: string, seat: number): Promise<string> {
  const { status, data } = await running.hold(userId, { scheduleId: SHOW, seatIds: [SHOW * 1_000 + seat] })
  expect(status).toBe(201)
  return String(data.reservationId)
}

async function sold(userId: string, seat: number): Promise<string> {
  const reservationId = await hold(userId, seat)
  await running.db.query(
    `WITH kept AS (UPDATE seat_holds SET expires_at = 'infinity' WHERE reservation_id = $1)
     UPDATE reservations SET status = 'CONFIRMED', payment_id = gen_random_uuid(), confirmed_at = now() WHERE reservation_id = $1`,
    [reservationId],
  )
  return reservationId
}

const cancel = (userId: string, reservationId: string, admin = false) =>
  running.call(userId, 'POST', `/reservations/${reservationId}/cancel`, { admin })

test('what is paid is given back until refundableUntil, and the answer stays the same after it', async () => {
  showIs({ refundableUntilMs: Date.now() + HOUR_MS })
  const reservationId = await sold('1', 1)
  const first = await cancel('1', reservationId)
  expect(first).toMatchObject({ status: 200, data: { status: 'CANCELLED', refund: { status: 'PENDING' } } })
  showIs({ refundableUntilMs: Date.now() - 1 })
  expect(await cancel('1', reservationId)).toMatchObject({ status: 200, data: first.data })
})

test.each([
  ['before the show', {}],
  ['when it has begun', { performanceAtMs: Date.now() - 1 }],
])(
  'from then on it is refused %s, says until when it could be, and changes nothing',
  async (_name, change) => {
    showIs({ refundableUntilMs: 0 })
    const seat = 'performanceAtMs' in change ? 3 : 2
    const reservationId = await sold('2', seat)
    const refundableUntilMs = Date.now() - 1_000
    showIs({ refundableUntilMs, ...change })
    expect(await cancel('2', reservationId)).toMatchObject({
      status: 422,
      code: 'NOT_REFUNDABLE',
      details: { refundableUntil: new Date(refundableUntilMs).toISOString() },
    })
    expect((await running.call('2', 'GET', `/reservations/${reservationId}`)).data.status).toBe('CONFIRMED')
    expect((await running.told(reservationId)).map(({ type }) => type)).toEqual(['ReservationHeld'])
  },
)

test('from then on admins still give it back, a hold is still released, and a cancelled show gives all back', async () => {
  showIs({ refundableUntilMs: 0 })
  const [byAdmin, held, ofShow] = [await sold('3', 4), await hold('3', 5), await sold('3', 6)]
  showIs({ refundableUntilMs: Date.now() - 1 })
  expect(await cancel('admin', byAdmin, true)).toMatchObject({ status: 200 })
  expect(await cancel('3', held)).toMatchObject({ status: 200, data: { refund: null } })
  showIs({ refundableUntilMs: Date.now() - 1, status: 'CANCELLED' })
  expect(await cancel('3', ofShow)).toMatchObject({ status: 200, data: { refund: { status: 'PENDING' } } })
})

async function progress(port: number, scheduleId: number): Promise<CancellationProgress> {
  const client = new ReservationService(`127.0.0.1:${port}`, credentials.createInsecure())
  try {
    return await new Promise((resolve, reject) => {
      const deadline = Date.now() + 30_000
      client.getCancellationProgress({ scheduleId }, new Metadata(), { deadline }, (error, value) =>
        value === undefined ? reject(error ?? new Error('no answer')) : resolve(value),
      )
    })
  } finally {
    client.close()
  }
}

async function tellRefunds(paymentIds: readonly { paymentId: string; reservationId: string }[]) {
  const brokers = running.environment.kafkaBrokers.split(',')
  const logger = createLogger({ service: 'test', level: 'silent' })
  const producer = createProducer(createKafka({ clientId: 'test', brokers, logger }))
  await producer.connect()
  await producer.send({
    topic: running.environment.topicPrefix + topics.paymentEvents,
    messages: paymentIds.map(({ paymentId, reservationId }) => {
      const value = { paymentId, reservationId, userId: '1', scheduleId: 77, amount: 900 }
      const envelope = { id: uuidv7(), type: 'PaymentRefunded', source: 'frontrow/test', time: new Date() }
      return {
        key: reservationId,
        value: JSON.stringify({ ...value, reason: 'SCHEDULE_CANCELLED', refundedAmount: 900 }),
        headers: toHeaders({ ...envelope, traceparent: null, requestId: null }),
      }
    }),
  })
  await producer.disconnect()
}

test('a cancelled schedule whose instance is killed in the middle goes on where it was, and each is told of once', async () => {
  const ALL = 6_000
  await running.db.query(
    `WITH made AS (
       INSERT INTO reservations (reservation_id, reservation_number, user_id, schedule_id, status, total_amount, seat_ids, seats,
         reserved_at, expires_at, payment_id, confirmed_at)
       SELECT gen_random_uuid(), 'K-' || n, 'buyer-' || n, 77, CASE WHEN n % 3 = 0 THEN 'HOLD' ELSE 'CONFIRMED' END, 900, ARRAY[n],
         '[]', now(), now() + interval '1 hour', CASE WHEN n % 3 > 0 THEN gen_random_uuid() END, CASE WHEN n % 3 > 0 THEN now() END
       FROM generate_series(1, $1::int) n RETURNING *)
     INSERT INTO seat_holds (schedule_id, seat_id, reservation_id, user_id, held_at, expires_at)
     SELECT 77, seat_ids[1], reservation_id, user_id, now(), CASE status WHEN 'HOLD' THEN expires_at ELSE 'infinity' END FROM made`,
    [ALL],
  )
  const { grpc } = running.service.ports
  expect(await progress(grpc, 77)).toEqual({ live: ALL, cancelled: 0, refundsPending: 0, refunded: 0 })
  const { kill } = await startReservationProcess(running, {})
  await running.db.query('INSERT INTO cancelled_schedules (schedule_id) VALUES (77)')
  await eventually(async () => expect((await progress(grpc, 77)).cancelled).toBeGreaterThan(500))
  await kill()
  const killed = await eventually(async () => {
    // What its connections had in work ends with them.
    const { rows } = await running.db.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND usename = 'reservation'
         AND query LIKE 'WITH live AS%' AND state <> 'idle'`,
    )
    expect(rows).toEqual([])
    return progress(grpc, 77)
  })
  expect(killed.live).toBeGreaterThan(0)
  expect(killed.live + killed.cancelled).toBe(ALL)

  const next = await startInstance(running.environment, running.neighbours, { SWEEP_EVERY_MS: '100' })
  try {
    await eventually(async () => expect((await progress(grpc, 77)).live).toBe(0))
    expect(await progress(grpc, 77)).toEqual({
      live: 0,
      cancelled: ALL,
      refundsPending: (ALL / 3) * 2,
      refunded: 0,
    })
    const { rows } = await running.db.query(
      `SELECT count(*) AS told, count(DISTINCT message_key) AS once, count(*) FILTER (WHERE payload ->> 'paymentId' IS NOT NULL) AS paid
       FROM outbox JOIN reservations ON message_key = reservation_id::text
       WHERE type = 'ReservationCancelled' AND schedule_id = 77`,
    )
    expect(rows).toEqual([{ told: ALL, once: ALL, paid: (ALL / 3) * 2 }])
    const { rows: some } = await running.db.query<{ paymentId: string; reservationId: string }>(
      `SELECT payment_id AS "paymentId", reservation_id AS "reservationId" FROM reservations
       WHERE schedule_id = 77 AND payment_id IS NOT NULL LIMIT 10`,
    )
    await tellRefunds([...some, ...some])
    // Kafka keeps partitions for the process that was killed until its session has ended.
    await eventually(async () =>
      expect(await progress(grpc, 77)).toMatchObject({ refundsPending: (ALL / 3) * 2 - 10, refunded: 10 }),
    )
  } finally {
    await next.stop()
  }
})
