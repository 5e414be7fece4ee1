import { idempotencyKeyHeader } from '@frontrow/idempotency/idempotency-key'
import { grade, quantity, seatIds } from '@frontrow/proto/values'
import { defineRoute } from '@frontrow/service-host/route'
import { id, userIdInput, uuid } from '@frontrow/values/ids'
import { limit, uuidCursor } from '@frontrow/values/page'
import { time } from '@frontrow/values/time'
import { z } from 'zod'
import { acceptedJob, getJobRoute } from './jobs/openapi.ts'

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
    'A seat is held by one person at a time. With `Idempotency-Key` a repeated request gets the answer of the first one.\n\nWith `Prefer: respond-async` the answer is 202 at once, with a job that holds the seats when its turn comes: `curl -i -H "$ME" -H "Queue-Token: $TOKEN" -H "Prefer: respond-async" -H "Content-Type: application/json" -d \'{"scheduleId":1,"quantity":2}\' $API/reservations`, then `GET` the `Location`. A request that could not be held by anybody is refused at once, as without it.',
  auth: 'user',
  queueToken: 'active',
  body: holdBody,
  headers: z.object({
    'idempotency-key': idempotencyKeyHeader.optional(),
    prefer: z.string().optional().meta({
      description: 'RFC 7240; `respond-async` is known, others are passed over',
      example: 'respond-async',
    }),
  }),
  responses: {
    201: {
      description: 'The seats are yours until `expiresAt`',
      schema: hold,
      headers: { 'Idempotency-Replayed': '`true` where the answer is that of an earlier request' },
    },
    202: {
      description:
        'Accepted as a job, which is stored; with `Prefer: respond-async`, and for a repeat of such a request',
      schema: acceptedJob,
      headers: {
        Location: 'Where to ask',
        'Preference-Applied': '`respond-async`',
        'Idempotency-Replayed': '`true` where the answer is that of an earlier request',
      },
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
    'The seats are free at once. The money of a confirmed reservation follows; ask again to see its state.',
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
  getJobRoute,
]
