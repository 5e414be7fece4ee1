import { idempotencyKeyHeader } from '@frontrow/idempotency/idempotency-key'
import { grade, quantity, seatIds } from '@frontrow/proto/values'
import { defineRoute } from '@frontrow/service-host/route'
import { id, userIdInput, uuid } from '@frontrow/values/ids'
import { limit, uuidCursor } from '@frontrow/values/page'
import { time } from '@frontrow/values/time'
import { z } from 'zod'

const reservationId = uuid.meta({ example: '01932c07-a3c1-7d6e-9f0a-5b1c2d3e4f50' })
const status = z.enum(['HOLD', 'CONFIRMED', 'CANCELLED', 'EXPIRED'])

const seat = z.object({
  seatId: z.int().meta({ example: 1001 }),
  seatNumber: z.int().meta({ example: 1 }),
  section: z.string().meta({ example: 'A' }),
  row: z.string().meta({ example: '1' }),
  grade: z.string().meta({ example: 'VIP' }),
  price: z.int().meta({ description: 'In the smallest unit of the currency', example: 150_000 }),
})

const hold = z.object({
  reservationId,
  reservationNumber: z.string().meta({ description: 'For people to read out', example: 'FR-7K3M9QW2XT' }),
  userId: z.string().meta({ example: '101' }),
  scheduleId: z.int().meta({ example: 1 }),
  seats: z.array(seat),
  totalAmount: z.int().meta({ example: 300_000 }),
  status,
  reservedAt: time,
  expiresAt: time.meta({ description: 'The hold ends then, unless it is paid before' }),
})

const refund = z
  .object({ paymentId: z.uuid(), status: z.enum(['PENDING', 'REFUNDED']) })
  .nullable()
  .meta({ description: 'Of a cancelled reservation that had been paid' })

const reservation = hold.extend({
  holdSecondsLeft: z.int().meta({ description: '0 unless it is a HOLD', example: 287 }),
  refreshesLeft: z.int().meta({ example: 2 }),
  confirmedAt: time.nullable(),
  cancelledAt: time.nullable(),
  refund,
})

/** Takes either `seatIds` or `quantity`. */
const holdBody = z
  .strictObject({
    scheduleId: id.meta({ example: 1 }),
    seatIds: seatIds.optional().meta({ description: 'These seats, all or none', example: [1001, 1002] }),
    quantity: quantity
      .optional()
      .meta({ description: 'Instead of seatIds: the best available, side by side where possible' }),
    grade: grade.optional().meta({ description: 'With quantity: only seats of it' }),
    userId: userIdInput.optional(),
  })
  .superRefine((body, context) => {
    const rule = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message })
    if ((body.seatIds === undefined) === (body.quantity === undefined)) {
      rule('seatIds', 'give either seatIds or quantity')
    }
    if (body.grade !== undefined && body.quantity === undefined)
      rule('grade', 'is allowed with quantity only')
  })

const params = z.object({ reservationId })

/** POST /reservations */
export const holdSeatsRoute = defineRoute({
  method: 'post',
  path: '/api/v1/reservations',
  operationId: 'holdSeats',
  tag: 'Reservations',
  summary: 'Hold seats for five minutes, all or none',
  description:
    'A seat is held by one person at a time. Outside the on-sale window 409 BOOKING_NOT_OPEN says why in `details`: `{phase, bookingOpenAt, bookingCloseAt, performanceAt}`, where `phase` is NOT_OPEN, CLOSED, CANCELLED or BEGUN. With `Idempotency-Key` a repeated request gets the answer of the first one.',
  auth: 'user',
  queueToken: 'active',
  body: holdBody,
  headers: z.object({ 'idempotency-key': idempotencyKeyHeader.optional() }),
  responses: {
    201: {
      description: 'The seats are yours until `expiresAt`',
      schema: hold,
      headers: { 'Idempotency-Replayed': '`true` where the answer is that of an earlier request' },
    },
  },
  refusals: [
    'BOOKING_NOT_OPEN',
    'SCHEDULE_NOT_FOUND',
    'SEAT_NOT_FOUND',
    'SEAT_TAKEN',
    'SEAT_LIMIT_EXCEEDED',
    'IDEMPOTENCY_KEY_REUSED',
  ],
})

/** GET /reservations */
export const listReservationsRoute = defineRoute({
  method: 'get',
  path: '/api/v1/reservations',
  operationId: 'listReservations',
  tag: 'Reservations',
  summary: 'My reservations, newest first',
  auth: 'user',
  query: z.object({
    status: status.optional(),
    cursor: uuidCursor.optional(),
    limit,
  }),
  responses: {
    200: {
      description: 'One page',
      schema: z.object({ items: z.array(reservation), nextCursor: z.string().nullable() }),
    },
  },
  refusals: [],
})

/** GET /reservations/{reservationId} */
export const getReservationRoute = defineRoute({
  method: 'get',
  path: '/api/v1/reservations/{reservationId}',
  operationId: 'getReservation',
  tag: 'Reservations',
  summary: "One reservation, with the hold's seconds left",
  auth: 'user',
  params,
  responses: { 200: { description: 'The reservation as of now', schema: reservation } },
  refusals: ['RESERVATION_NOT_FOUND'],
})

/** POST /reservations/{reservationId}/refresh */
export const refreshHoldRoute = defineRoute({
  method: 'post',
  path: '/api/v1/reservations/{reservationId}/refresh',
  operationId: 'refreshHold',
  tag: 'Reservations',
  summary: 'Give a live hold its full length again, twice at most',
  description:
    'Also after booking has closed, until the show begins or is cancelled: then 409 RESERVATION_NOT_REFRESHABLE, with `details` as of BOOKING_NOT_OPEN.',
  auth: 'user',
  queueToken: 'active',
  params,
  responses: { 200: { description: 'The reservation with its new deadline', schema: reservation } },
  refusals: [
    'RESERVATION_NOT_FOUND',
    'RESERVATION_EXPIRED',
    'RESERVATION_NOT_REFRESHABLE',
    'REFRESH_LIMIT_EXCEEDED',
  ],
})

/** POST /reservations/{reservationId}/cancel */
export const cancelReservationRoute = defineRoute({
  method: 'post',
  path: '/api/v1/reservations/{reservationId}/cancel',
  operationId: 'cancelReservation',
  tag: 'Reservations',
  summary: 'Give a hold or a confirmed reservation up',
  description:
    'The seats are free at once. The money of a confirmed reservation follows; ask again to see its state. Once the show has begun a confirmed one stays as it is: 409 RESERVATION_NOT_CANCELLABLE, except for admins; a hold can still be given up.',
  auth: 'user',
  params,
  responses: {
    200: {
      description: 'Cancelled, now or before',
      schema: z.object({ reservationId, status: z.literal('CANCELLED'), refund }),
    },
  },
  refusals: ['RESERVATION_NOT_FOUND', 'RESERVATION_NOT_CANCELLABLE'],
})

/** Every route of this service, for the API document. */
export const routes = [
  holdSeatsRoute,
  listReservationsRoute,
  getReservationRoute,
  refreshHoldRoute,
  cancelReservationRoute,
]
