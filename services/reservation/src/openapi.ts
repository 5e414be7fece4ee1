import { idempotencyKeyHeader } from '@frontrow/idempotency/idempotency-key'
import { callerWriteHeaders, replayHeader, writeRefusals } from '@frontrow/idempotency/write-headers'
import { grade, quantity, seatIds, section } from '@frontrow/proto/values'
import { defineRoute } from '@frontrow/service-host/route'
import { id, userIdInput } from '@frontrow/values/ids'
import { money } from '@frontrow/values/money'
import { limit, uuidCursor } from '@frontrow/values/page'
import { time } from '@frontrow/values/time'
import { z } from 'zod'
import { acceptedJob, getJobRoute, listJobsRoute } from './jobs/openapi.ts'
import { reservationId, seat, show } from './reservation-fields.ts'
import { getSalesRoute } from './sales/openapi.ts'
import { ticketRoutes } from './tickets/openapi.ts'

const status = z.enum(['HOLD', 'CONFIRMED', 'CANCELLED', 'EXPIRED'])

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

const newHold = hold.extend({
  status: z.literal('HOLD'),
  holdSecondsLeft: z.int().meta({ description: 'At the moment of the hold', example: 300 }),
  remainingAllowance: z
    .int()
    .meta({ description: 'Seats of this schedule that you could still take, at that moment', example: 4 }),
  releasesLeft: z.int().meta({
    description:
      'Seats of this schedule that you could still give back, at that moment, before you can hold no more for a while',
    example: 36,
  }),
})

const reservation = hold.extend({
  holdSecondsLeft: z.int().meta({ description: '0 unless it is a HOLD', example: 287 }),
  refreshesLeft: z.int().meta({ example: 2 }),
  confirmedAt: time.nullable(),
  cancelledAt: time.nullable(),
  refund,
  schedule: show,
})

const allowance = z.object({
  releasesLeft: z.int().meta({
    description:
      'Seats of this schedule that you could still give back; at 0 you can hold none of it until `holdAgainAt`',
    example: 14,
  }),
  holdAgainAt: time.nullable().meta({
    description: 'When you can hold seats of this schedule again; null where you can now',
    example: null,
  }),
})

/** One reservation by itself, with what giving it back comes to. */
const reservationNow = reservation.extend({
  onceReleased: allowance.meta({
    description: 'How you stand once this is given back, as one that has ended is already',
  }),
})

const CHOICES = ['seatId', 'seatIds', 'quantity'] as const
const OF_QUANTITY = ['grade', 'section', 'allowSplit'] as const

/** Takes exactly one of `seatId`, `seatIds` and `quantity`. */
const holdBody = z
  .strictObject({
    scheduleId: id.meta({ example: 1 }),
    seatId: id.optional().meta({ description: 'This seat', example: 1 }),
    seatIds: seatIds.optional().meta({ description: 'These seats, all or none', example: [1, 2] }),
    quantity: quantity
      .optional()
      .meta({ description: 'The best available, side by side in one row', example: 2 }),
    grade: grade.optional().meta({ description: 'With quantity: only seats of it' }),
    section: section.optional().meta({ description: 'With quantity: only seats of it' }),
    allowSplit: z
      .boolean()
      .optional()
      .meta({ description: 'With quantity: seats may be apart where they are nowhere side by side' }),
    price: money.optional().meta({
      description:
        'What each seat cost when you saw it; if it is not so: PRICE_CHANGED, and nothing is held. With quantity: only seats that cost it',
    }),
    totalAmount: money
      .optional()
      .meta({ description: 'What they cost together when you saw them', example: 300_000 }),
    userId: userIdInput.optional(),
  })
  .meta({
    oneOf: CHOICES.map((field) => ({ required: [field] })),
    dependentRequired: Object.fromEntries(OF_QUANTITY.map((field) => [field, ['quantity']])),
  })
  .superRefine((body, context) => {
    const rule = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message })
    const given = CHOICES.filter((field) => body[field] !== undefined)
    if (given.length !== 1) {
      for (const field of given.length === 0 ? CHOICES : given) {
        rule(field, 'give exactly one of seatId, seatIds and quantity')
      }
    }
    if (body.quantity !== undefined) return
    for (const field of OF_QUANTITY) {
      if (body[field] !== undefined) rule(field, 'is allowed with quantity only')
    }
  })

/** The body of POST /reservations. */
export type HoldBody = z.output<typeof holdBody>

const HOLD_DESCRIPTION = [
  'A seat is held by one person at a time. Outside the on-sale window 409 BOOKING_NOT_OPEN says why in `details`: `{phase, bookingOpenAt, bookingCloseAt, performanceAt}`, where `phase` is NOT_OPEN, CLOSED, CANCELLED or BEGUN. With `Idempotency-Key` a repeated request (the same seats in any order are the same request) gets the answer of the first one, byte for byte: `holdSecondsLeft`, `remainingAllowance` and `releasesLeft` are then still those of the moment of the hold. A refusal leaves the key free, since a seat may come free again. `expiresAt` holds good; `GET /reservations/{reservationId}` tells the seconds that are left now.',
  'With `Prefer: respond-async` the answer is 202 at once, with a job that holds the seats when its turn comes: `curl -i -H "$ME" -H "Queue-Token: $TOKEN" -H "Prefer: respond-async" -H "Content-Type: application/json" -d \'{"scheduleId":1,"quantity":2}\' $API/reservations`, then `GET` the `Location`. A request that nobody could make is refused at once, as without it. More open jobs of one schedule than you may have seats are 429 RATE_LIMITED, and where the line is too long for its end to be reached in time it is 503; both have `Retry-After`, and nothing was accepted.',
  '**Best available.** `{"scheduleId":1,"quantity":2,"grade":"VIP"}` holds free seats side by side in one row. Of all such groups, these go first: what makes the fewest new single seats (free ones with nobody free beside them); what leaves that row room for as many other parties of the same size; the section that comes first in the schedule; what is nearest to the middle of the section\'s front row, as the crow flies, a row being as deep as two seats are wide. The middle is that of the row\'s seat numbers. Each section has a middle and a front of its own, because a schedule does not say where sections lie; their order is the one in which the schedule was made with them. Where no row has room, it is 409 SEAT_TAKEN with `details` `{seatIds: [], requested, available, largestGroup, splitWouldDo}`. With `allowSplit: true` the party then sits apart: in the fewest rows and in the fewest groups. While enough seats are left, everybody who asks at once is served.',
  '**Orphans.** Where the schedule has `noOrphanSeats`, seats that are named are refused with 422 ORPHAN_SEAT if they would leave a single free seat between two that are taken, or between one that is taken and the end of the row; `details.seatIds` are those single seats. It is not refused where no choice can help it: where nowhere in the schedule as many seats of a chosen grade lie side by side that would leave none. It is looked at before the hold, so two people at the same moment may still leave one between them.',
  '**Prices.** `price` or `totalAmount` is what you saw. If it is not so: 409 PRICE_CHANGED with `details` `{field, seen, now}`, and nothing is held. With `quantity` the seats are picked among those that cost `price` each: `{"scheduleId":1,"quantity":1,"price":1000}` holds one for 1000 where a cheaper section comes first. A `totalAmount` without a `price` is taken for `quantity` seats of one price where some cost that, and else compared with what was picked. PRICE_CHANGED then says that no seat of the wish, free or not, has that price; `now` is the lowest there is, and `prices` are all of them where they are several. Where none are left at the price it is SEAT_TAKEN. What is held or sold keeps its price.',
  '**Giving back.** Seats that you take and do not keep count, so that nobody keeps them from the others by holding them again and again: those of a hold that you give back or let run out, and of a reservation that you cancel after you paid, once for the hold and once more for each refresh. A payment that fails counts nothing by itself. After 36 of one schedule (`RELEASES_MAX`) within an hour of their holds (`RELEASES_WINDOW_MS`), a new hold is 429 RELEASE_LIMIT_EXCEEDED with `Retry-After` and `details` `{limit, holdAgainAt}`; what you hold or have bought stays yours, and can be paid and refreshed. `releasesLeft` says how many there are left. What an admin or the end of a schedule cancels is not counted.',
  '**Which refusal.** The first of these that applies: the shape of the request (400), who you are and your place in line (401, 403), the schedule and its seats (404, 409 BOOKING_NOT_OPEN), your limits (422 SEAT_LIMIT_EXCEEDED, 429 RELEASE_LIMIT_EXCEEDED), the price (409 PRICE_CHANGED), and what is free (409 SEAT_TAKEN, 422 ORPHAN_SEAT).',
].join('\n\n')

const params = z.object({ reservationId })

/** POST /reservations */
export const holdSeatsRoute = defineRoute({
  method: 'post',
  work: 'hold',
  path: '/api/v1/reservations',
  operationId: 'holdSeats',
  tag: 'Reservations',
  summary: 'Hold seats for five minutes, all or none',
  description: HOLD_DESCRIPTION,
  auth: 'user',
  queueToken: 'active',
  body: holdBody,
  examples: {
    'These seats': { scheduleId: 1, seatIds: [1, 2] },
    'The best available': { scheduleId: 1, quantity: 2 },
    'One seat': { scheduleId: 1, seatId: 3 },
  },
  headers: z.object({
    'idempotency-key': idempotencyKeyHeader.optional().meta({
      description:
        "The same key and body are the same hold. Keys are of the hold's owner: an admin who holds for a user with a key and the user who does with the same one make one hold. Without it, each request is another one.",
    }),
    prefer: z.string().optional().meta({
      description: 'RFC 7240; `respond-async` is known, others are passed over',
    }),
  }),
  responses: {
    201: {
      description: 'The seats are yours until `expiresAt`',
      schema: newHold,
      headers: {
        Location: 'Where it is',
        'Idempotency-Replayed': '`true` where the answer is that of an earlier request',
      },
    },
    202: {
      description:
        'Accepted as a job, which is stored; with `Prefer: respond-async`, and for a repeat of such a request',
      schema: acceptedJob,
      headers: {
        Location: 'Where to ask',
        'Retry-After': 'Seconds to wait before',
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
    'RELEASE_LIMIT_EXCEEDED',
    'PRICE_CHANGED',
    'ORPHAN_SEAT',
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
  roles: ['finance'],
  params,
  responses: { 200: { description: 'The reservation as of now', schema: reservationNow } },
  refusals: ['RESERVATION_NOT_FOUND'],
})

/** POST /reservations/{reservationId}/refresh */
export const refreshHoldRoute = defineRoute({
  method: 'post',
  work: 'hold',
  path: '/api/v1/reservations/{reservationId}/refresh',
  operationId: 'refreshHold',
  tag: 'Reservations',
  summary: 'Give a live hold its full length again, twice at most',
  description:
    'Also after booking has closed, until the show begins or is cancelled: then 409 RESERVATION_NOT_REFRESHABLE, with `details` as of BOOKING_NOT_OPEN. With `Idempotency-Key` a repeat uses up no further extension: it has the first answer, whose `holdSecondsLeft` is of that moment, and is not asked for a queue token that is good. A refusal leaves the key free.',
  auth: 'user',
  queueToken: 'active',
  params,
  headers: callerWriteHeaders,
  responses: {
    200: {
      description: 'The reservation with its new deadline',
      headers: replayHeader,
      schema: reservationNow,
    },
  },
  refusals: [
    ...writeRefusals,
    'RESERVATION_NOT_FOUND',
    'RESERVATION_EXPIRED',
    'RESERVATION_NOT_REFRESHABLE',
    'REFRESH_LIMIT_EXCEEDED',
  ],
})

/** POST /reservations/{reservationId}/cancel */
export const cancelReservationRoute = defineRoute({
  method: 'post',
  work: 'hold',
  path: '/api/v1/reservations/{reservationId}/cancel',
  operationId: 'cancelReservation',
  tag: 'Reservations',
  summary: 'Give a hold or a confirmed reservation up',
  description:
    "The seats are free at once. Cancelling again changes nothing and is answered the same; only `refund.status` tells how far the money of a confirmed one is by then (PENDING at first, and REFUNDED once it is back, as in `GET /reservations/{reservationId}`). With the same `Idempotency-Key` it is the first answer again. Seats that are given back count, as `POST /reservations` says; `onceReleased` of the reservation tells how you stand then. A reservation is cancelled as a whole: giving back some of its seats is out of scope. One with a ticket that was used at a door is 409 TICKET_USED. From `refundableUntil` of its schedule on, a confirmed one is 422 NOT_REFUNDABLE, and once the show has begun 409 RESERVATION_NOT_CANCELLABLE, except for admins; a hold can still be given up. The role `finance` refunds what others have paid as admins do. Somebody else's hold is 403 for it, and its own reservations follow the rules for buyers.",
  auth: 'user',
  roles: ['finance'],
  params,
  headers: callerWriteHeaders,
  responses: {
    200: {
      description: 'Cancelled, now or before',
      headers: replayHeader,
      schema: z.object({ reservationId, status: z.literal('CANCELLED'), refund }),
    },
  },
  refusals: [
    ...writeRefusals,
    'FORBIDDEN',
    'RESERVATION_NOT_FOUND',
    'RESERVATION_NOT_CANCELLABLE',
    'NOT_REFUNDABLE',
    'TICKET_USED',
  ],
})

/** Every route of this service, for the API document. */
export const routes = [
  holdSeatsRoute,
  listReservationsRoute,
  getReservationRoute,
  refreshHoldRoute,
  cancelReservationRoute,
  getJobRoute,
  listJobsRoute,
  getSalesRoute,
  ...ticketRoutes,
]
