import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { toHeaders } from '@frontrow/messaging/envelope'
import { createKafka, createProducer } from '@frontrow/messaging/kafka'
import type { GetReservationsRequest } from '@frontrow/proto/gen/frontrow/reservation/v1/GetReservationsRequest'
import type { GetReservationsResponse__Output as GetReservationsResponse } from '@frontrow/proto/gen/frontrow/reservation/v1/GetReservationsResponse'
import { refusalKind } from '@frontrow/proto/refusals'
import { ReservationService } from '@frontrow/proto/services'
import { topics } from '@frontrow/proto/topics'
import { createGrpcTarget } from '@frontrow/service-host/grpc-client'
import type { UnaryCall } from '@frontrow/service-host/grpc-client'
import { createLogger } from '@frontrow/service-host/logger'
import { createMetrics } from '@frontrow/service-host/metrics'
import { eventually } from '@frontrow/test-kit/eventually'
import { uuidv7 } from 'uuidv7'
import { layOutRuns } from './neighbours.ts'
import { startRunningService } from './running-service.ts'
import type { RunningService } from './running-service.ts'

// What is allowed when a show's booking has closed, when it has begun and when it is cancelled, on real servers. A show is moved through its
// life by moving its times, which the service reads again each time.
const HOUR_MS = 3_600_000

let running: RunningService
let producer: ReturnType<typeof createProducer>
let asking: ReturnType<typeof connect>
let scheduleId = 100

beforeAll(async () => {
  running = await startRunningService({ env: { SCHEDULE_CACHE_MS: '0', SWEEP_EVERY_MS: '50' } })
  const logger = createLogger({ service: 'test', level: 'silent' })
  producer = createProducer(
    createKafka({ clientId: 'test', brokers: running.environment.kafkaBrokers.split(','), logger }),
  )
  await producer.connect()
  asking = connect(running.service.ports.grpc)
})
afterAll(async () => {
  asking.close()
  await producer.disconnect()
  await running.stop()
})

function connect(port: number) {
  const metrics = createMetrics('test', { processMetrics: false })
  const target = createGrpcTarget({ name: 'reservation', address: `127.0.0.1:${port}`, metrics, refusalKind })
  const client = new ReservationService(target.address, target.credentials, target.channelOptions)
  const getReservations: UnaryCall<GetReservationsRequest, GetReservationsResponse> = target.unary(
    'GetReservations',
    client.getReservations.bind(client),
    { deadlineMs: 5_000, retriable: false },
  )
  return {
    notPayable: async (reservationId: string) =>
      (await getReservations({ reservationIds: [reservationId] })).reservations[0]?.notPayable,
    close: () => {
      client.close()
      target.close()
    },
  }
}

/** A show on sale of its own. */
function newShow(): number {
  scheduleId += 1
  moveShow('OPEN')
  return scheduleId
}

function moveShow(to: 'OPEN' | 'CLOSED' | 'BEGUN' | 'CANCELLED'): void {
  const now = Date.now()
  const closesInMs = { OPEN: HOUR_MS, CANCELLED: HOUR_MS, CLOSED: -1, BEGUN: -1 }[to]
  running.neighbours.schedules.set(scheduleId, {
    status: to === 'CANCELLED' ? 'CANCELLED' : 'ON_SALE',
    bookingOpenAtMs: now - 2 * HOUR_MS,
    bookingCloseAtMs: now + closesInMs,
    performanceAtMs: to === 'BEGUN' ? now : now + 2 * HOUR_MS,
    runs: layOutRuns(scheduleId, 50),
  })
}

async function send(topic: string, key: string, type: string, value: object): Promise<void> {
  const headers = { id: uuidv7(), type, source: 'frontrow/test', time: new Date() }
  await producer.send({
    topic: running.environment.topicPrefix + topic,
    messages: [
      {
        key,
        value: JSON.stringify(value),
        headers: toHeaders({ ...headers, traceparent: null, requestId: null }),
      },
    ],
  })
}

async function hold(userId: string, seat = 1): Promise<{ reservationId: string; amount: number }> {
  const { status, data } = await running.hold(userId, { scheduleId, seatIds: [scheduleId * 1_000 + seat] })
  expect(status).toBe(201)
  return { reservationId: String(data.reservationId), amount: Number(data.totalAmount) }
}

/** Sells a hold to a payment, as the purchase saga does. */
async function sell(userId: string, held: { reservationId: string; amount: number }): Promise<void> {
  const command = { paymentId: uuidv7(), userId, ...held }
  await send(topics.reservationCommands, held.reservationId, 'ConfirmReservation', command)
  await eventually(async () => expect(await statusOf(userId, held.reservationId)).toBe('CONFIRMED'))
}

const post = (userId: string, path: string, admin = false) =>
  running.call(userId, 'POST', `/reservations/${path}`, { admin })
const statusOf = async (userId: string, reservationId: string) =>
  (await running.call(userId, 'GET', `/reservations/${reservationId}`)).data.status

test('when booking has closed nobody holds, and who holds may refresh, pay and give back', async () => {
  newShow()
  const paying = await hold('1', 1)
  const leaving = await hold('2', 2)
  moveShow('CLOSED')
  const late = await running.hold('3', { scheduleId, seatIds: [scheduleId * 1_000 + 3] })
  expect(late).toMatchObject({
    status: 409,
    code: 'BOOKING_NOT_OPEN',
    details: { phase: 'CLOSED', bookingCloseAt: expect.any(String), performanceAt: expect.any(String) },
  })
  expect((await post('1', `${paying.reservationId}/refresh`)).status).toBe(200)
  expect(await asking.notPayable(paying.reservationId)).toBe('')
  await sell('1', paying)
  expect((await post('1', `${paying.reservationId}/cancel`)).data).toMatchObject({
    refund: { status: 'PENDING' },
  })
  expect((await post('2', `${leaving.reservationId}/cancel`)).data).toMatchObject({ refund: null })
})

test('once the show has begun, nothing is held, refreshed, paid or refunded by a buyer', async () => {
  newShow()
  const held = await hold('1', 1)
  const sold = await hold('2', 2)
  await sell('2', sold)
  moveShow('BEGUN')
  expect(await running.hold('3', { scheduleId, seatIds: [scheduleId * 1_000 + 3] })).toMatchObject({
    code: 'BOOKING_NOT_OPEN',
    details: { phase: 'BEGUN' },
  })
  expect(await post('1', `${held.reservationId}/refresh`)).toMatchObject({
    status: 409,
    code: 'RESERVATION_NOT_REFRESHABLE',
    details: { phase: 'BEGUN' },
  })
  expect(await asking.notPayable(held.reservationId)).toBe('the show has begun')
  expect(await post('2', `${sold.reservationId}/cancel`)).toMatchObject({
    status: 409,
    code: 'RESERVATION_NOT_CANCELLABLE',
    details: { phase: 'BEGUN' },
  })
  expect(await statusOf('1', held.reservationId)).toBe('HOLD')
  expect(await statusOf('2', sold.reservationId)).toBe('CONFIRMED')
})

test('once the show has begun, a hold can be given up, and an admin can refund a ticket; repeats answer the same', async () => {
  newShow()
  const held = await hold('1', 1)
  const sold = await hold('2', 2)
  await sell('2', sold)
  moveShow('BEGUN')
  for (let times = 1; times <= 2; times += 1) {
    expect((await post('1', `${held.reservationId}/cancel`)).data).toMatchObject({ refund: null })
    expect((await post('9', `${sold.reservationId}/cancel`, true)).data).toMatchObject({
      refund: { status: 'PENDING' },
    })
  }
})

test('finance refunds what others have paid, after the show has begun too, ends no hold of theirs, and is a buyer as to its own', async () => {
  newShow()
  const held = await hold('1', 1)
  const sold = await hold('2', 2)
  const own = await hold('finance', 3)
  const given = await hold('finance', 4)
  await sell('2', sold)
  await sell('finance', own)
  const cancel = ({ reservationId }: { reservationId: string }) =>
    running.call('finance', 'POST', `/reservations/${reservationId}/cancel`, { roles: ['finance'] })
  moveShow('BEGUN')
  expect(await cancel(held)).toMatchObject({ status: 403, code: 'FORBIDDEN', details: { roles: ['admin'] } })
  expect(await statusOf('1', held.reservationId)).toBe('HOLD')
  for (let times = 1; times <= 2; times += 1) {
    expect(await cancel(sold)).toMatchObject({ status: 200, data: { refund: { status: 'PENDING' } } })
  }
  expect(await cancel(own)).toMatchObject({ status: 409, code: 'RESERVATION_NOT_CANCELLABLE' })
  expect(await statusOf('finance', own.reservationId)).toBe('CONFIRMED')
  expect(await cancel(given)).toMatchObject({ status: 200, data: { status: 'CANCELLED' } })
  const { rows } = await running.db.query(
    'SELECT cancelled_by_admin FROM reservations WHERE reservation_id = $1',
    [given.reservationId],
  )
  expect(rows).toEqual([{ cancelled_by_admin: false }])
})

test('a payment that began before the show did gets its seats after it, or its refusal where the hold ran out', async () => {
  newShow()
  const inTime = await hold('1', 1)
  const tooLate = await hold('2', 2)
  moveShow('BEGUN')
  await running.lapse(tooLate.reservationId)
  await sell('1', inTime)
  const paymentId = uuidv7()
  await send(topics.reservationCommands, tooLate.reservationId, 'ConfirmReservation', {
    paymentId,
    userId: '2',
    ...tooLate,
  })
  await eventually(async () => {
    const { rows } = await running.db.query(
      'SELECT type, payload FROM confirm_replies WHERE payment_id = $1',
      [paymentId],
    )
    expect(rows).toMatchObject([
      { type: 'ReservationConfirmRefused', payload: { reason: 'RESERVATION_EXPIRED' } },
    ])
  })
})

test('a show that is cancelled after it began refunds its tickets', async () => {
  const id = newShow()
  const sold = await hold('1', 1)
  await sell('1', sold)
  moveShow('BEGUN')
  moveShow('CANCELLED')
  await send(topics.catalogEvents, String(id), 'ScheduleStatusChanged', {
    scheduleId: id,
    status: 'CANCELLED',
  })
  await eventually(async () => {
    const { data } = await running.call('1', 'GET', `/reservations/${sold.reservationId}`)
    expect(data).toMatchObject({ status: 'CANCELLED', refund: { status: 'PENDING' } })
  })
})

test('a cancelled show has nothing refreshed or paid, before its reservations are cancelled too', async () => {
  newShow()
  const held = await hold('1', 1)
  moveShow('CANCELLED')
  expect(await post('1', `${held.reservationId}/refresh`)).toMatchObject({
    code: 'RESERVATION_NOT_REFRESHABLE',
    details: { phase: 'CANCELLED' },
  })
  expect(await asking.notPayable(held.reservationId)).toBe('the show is cancelled')
})

test('while nobody knows when the show is, a hold may be paid and refreshed, and a refund has to wait', async () => {
  newShow()
  const held = await hold('1', 1)
  const sold = await hold('2', 2)
  await sell('2', sold)
  // The times that are known are forgotten, as they are when a service starts while the catalog is away.
  running.neighbours.schedules.delete(scheduleId)
  await running.hold('3', { scheduleId, seatIds: [1] })
  running.neighbours.catalogIsAway = true
  try {
    expect(await asking.notPayable(held.reservationId)).toBe('')
    expect((await post('1', `${held.reservationId}/refresh`)).status).toBe(200)
    expect(await post('2', `${sold.reservationId}/cancel`)).toMatchObject({ status: 503 })
    expect((await post('1', `${held.reservationId}/cancel`)).status).toBe(200)
  } finally {
    running.neighbours.catalogIsAway = false
  }
})
