import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { CheckInvariantsRequest } from '@frontrow/proto/gen/frontrow/audit/v1/CheckInvariantsRequest'
import type { CheckInvariantsResponse__Output as CheckInvariantsResponse } from '@frontrow/proto/gen/frontrow/audit/v1/CheckInvariantsResponse'
import type { ListPaymentFactsRequest } from '@frontrow/proto/gen/frontrow/audit/v1/ListPaymentFactsRequest'
import type { ListPaymentFactsResponse__Output as ListPaymentFactsResponse } from '@frontrow/proto/gen/frontrow/audit/v1/ListPaymentFactsResponse'
import type { CountTakenSeatsRequest } from '@frontrow/proto/gen/frontrow/reservation/v1/CountTakenSeatsRequest'
import type { CountTakenSeatsResponse__Output as CountTakenSeatsResponse } from '@frontrow/proto/gen/frontrow/reservation/v1/CountTakenSeatsResponse'
import type { GetReservationRequest } from '@frontrow/proto/gen/frontrow/reservation/v1/GetReservationRequest'
import type { ListTakenSeatsRequest } from '@frontrow/proto/gen/frontrow/reservation/v1/ListTakenSeatsRequest'
import type { ListTakenSeatsResponse__Output as ListTakenSeatsResponse } from '@frontrow/proto/gen/frontrow/reservation/v1/ListTakenSeatsResponse'
import type { Reservation__Output as Reservation } from '@frontrow/proto/gen/frontrow/reservation/v1/Reservation'
import { refusalKind } from '@frontrow/proto/refusals'
import { AuditService, ReservationService } from '@frontrow/proto/services'
import { createGrpcTarget } from '@frontrow/service-host/grpc-client'
import type { UnaryCall } from '@frontrow/service-host/grpc-client'
import { createMetrics } from '@frontrow/service-host/metrics'
import { uuidv7 } from 'uuidv7'
import { startRunningService } from './running-service.ts'
import type { RunningService } from './running-service.ts'

let running: RunningService
let calls: ReturnType<typeof connect>

beforeAll(async () => {
  running = await startRunningService({ env: { SWEEP_EVERY_MS: '60000' } })
  calls = connect(running.service.ports.grpc)
})
afterAll(async () => {
  calls.close()
  await running.stop()
})

function connect(port: number) {
  const target = createGrpcTarget({
    name: 'reservation',
    address: `127.0.0.1:${port}`,
    metrics: createMetrics('test', { processMetrics: false }),
    refusalKind,
  })
  const reservation = new ReservationService(target.address, target.credentials, target.channelOptions)
  const audit = new AuditService(target.address, target.credentials, target.channelOptions)
  const options = { deadlineMs: 5_000, retriable: false }
  const getReservation: UnaryCall<GetReservationRequest, Reservation> = target.unary(
    'GetReservation',
    reservation.getReservation.bind(reservation),
    options,
  )
  const listTakenSeats: UnaryCall<ListTakenSeatsRequest, ListTakenSeatsResponse> = target.unary(
    'ListTakenSeats',
    reservation.listTakenSeats.bind(reservation),
    options,
  )
  const countTakenSeats: UnaryCall<CountTakenSeatsRequest, CountTakenSeatsResponse> = target.unary(
    'CountTakenSeats',
    reservation.countTakenSeats.bind(reservation),
    options,
  )
  const checkInvariants: UnaryCall<CheckInvariantsRequest, CheckInvariantsResponse> = target.unary(
    'CheckInvariants',
    audit.checkInvariants.bind(audit),
    options,
  )
  const listPaymentFacts: UnaryCall<ListPaymentFactsRequest, ListPaymentFactsResponse> = target.unary(
    'ListPaymentFacts',
    audit.listPaymentFacts.bind(audit),
    options,
  )
  return {
    getReservation,
    listTakenSeats,
    countTakenSeats,
    checkInvariants,
    listPaymentFacts,
    close: () => {
      reservation.close()
      audit.close()
      target.close()
    },
  }
}

/** Changes the rows as a payment's confirmation does, without the saga. */
async function sell(reservationId: string, paymentId: string): Promise<void> {
  await running.db.query(
    `WITH sold AS (UPDATE reservations SET status = 'CONFIRMED', payment_id = $2, confirmed_at = now()
       WHERE reservation_id = $1)
     UPDATE seat_holds SET expires_at = 'infinity' WHERE reservation_id = $1`,
    [reservationId, paymentId],
  )
}

test('GetReservation returns the reservation, as EXPIRED when its deadline has passed', async () => {
  const { data } = await running.hold('101', { scheduleId: 1, seatIds: [1001, 1021] })
  const reservationId = String(data.reservationId)
  expect(await calls.getReservation({ reservationId })).toEqual({
    reservationId,
    reservationNumber: data.reservationNumber,
    userId: '101',
    scheduleId: 1,
    seats: data.seats,
    totalAmount: 2_400,
    status: 'HOLD',
    reservedAtMs: Date.parse(data.reservedAt),
    expiresAtMs: Date.parse(data.expiresAt),
    paymentId: '',
    notPayable: '',
  })
  await running.lapse(reservationId)
  expect((await calls.getReservation({ reservationId })).status).toBe('EXPIRED')
  const unknown = calls.getReservation({ reservationId: randomUUID() })
  await expect(unknown).rejects.toMatchObject({ code: 'RESERVATION_NOT_FOUND' })
  await expect(calls.getReservation({ reservationId: 'x' })).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
  })
})

test('ListTakenSeats lists held and sold seats apart, CountTakenSeats counts them, and both leave lapsed holds out', async () => {
  await running.hold('201', { scheduleId: 2, seatIds: [2001, 2002] })
  const sold = await running.hold('202', { scheduleId: 2, seatIds: [2003] })
  await sell(String(sold.data.reservationId), uuidv7())
  const lapsed = await running.hold('203', { scheduleId: 2, seatIds: [2004] })
  await running.lapse(String(lapsed.data.reservationId))
  const taken = await calls.listTakenSeats({ scheduleId: 2 })
  expect(taken.heldSeatIds.toSorted((a, b) => a - b)).toEqual([2001, 2002])
  expect(taken.soldSeatIds).toEqual([2003])
  const rangeOf = (scheduleId: number, firstSeatId: number, lastSeatId: number) => ({
    scheduleId,
    firstSeatId,
    lastSeatId,
  })
  const ranges = [rangeOf(2, 2_002, 2_010), rangeOf(99, 1, 9), rangeOf(2, 1, 9_999), rangeOf(2, 2_004, 2_010)]
  expect(await calls.countTakenSeats({ ranges })).toEqual({ taken: [2, 0, 3, 0] })
  expect(await calls.listTakenSeats({ scheduleId: 99 })).toEqual({
    heldSeatIds: [],
    soldSeatIds: [],
    blockedSeatIds: [],
  })
})

test('ListPaymentFacts pages through confirmed payments in the order of their ids', async () => {
  const made: string[] = []
  for (const seatId of [2101, 2102, 2103]) {
    const { data } = await running.hold('301', { scheduleId: 2, seatIds: [seatId] })
    const paymentId = uuidv7()
    await sell(String(data.reservationId), paymentId)
    made.push(paymentId)
  }
  const seen: string[] = []
  for (;;) {
    const { facts } = await calls.listPaymentFacts({ afterPaymentId: seen.at(-1) ?? '', limit: 2 })
    if (facts.length === 0) break
    for (const fact of facts) expect(fact).toMatchObject({ status: 'CONFIRMED' })
    seen.push(...facts.map((fact) => fact.paymentId))
  }
  expect(seen).toEqual(expect.arrayContaining(made))
  expect(seen).toEqual(seen.toSorted())
})

test('CheckInvariants holds on good data, and names the rows that break it', async () => {
  const good = await calls.checkInvariants({})
  expect(good.invariants.map((check) => check.number)).toEqual([1, 6, 7, 9])
  for (const check of good.invariants) expect(check).toMatchObject({ violationCount: 0, violations: [] })
  expect(good.invariants[0]?.checked).toBeGreaterThan(0)

  const { data } = await running.hold('401', { scheduleId: 2, seatIds: [2201, 2202, 2203, 2204] })
  // A second reservation of the same seats, inserted without the checks that prevent it.
  await running.db.query(
    `INSERT INTO reservations (reservation_id, reservation_number, user_id, schedule_id, status, total_amount, seat_ids,
       seats, reserved_at, expires_at)
     SELECT $2, 'FR-TWICE', user_id, schedule_id, status, total_amount, seat_ids, seats, reserved_at, expires_at
     FROM reservations WHERE reservation_id = $1`,
    [data.reservationId, uuidv7()],
  )
  const { invariants } = await calls.checkInvariants({})
  const [seats, , , users] = invariants
  expect(seats?.violationCount).toBe(8)
  expect(seats?.violations.join()).toContain('seat 2201 of schedule 2 is in 2 live reservations')
  expect(users?.violations).toEqual(['user 401 has 8 seats of schedule 2'])
})
