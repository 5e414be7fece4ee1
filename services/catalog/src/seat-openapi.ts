import { grade } from '@frontrow/proto/values'
import { defineRoute } from '@frontrow/service-host/route'
import { id, pathId } from '@frontrow/values/ids'
import { money } from '@frontrow/values/money'
import { z } from 'zod'
import { adminTag, listedSchedule, scheduleParams } from './openapi.ts'
import { seatStatuses } from './seat-map.ts'

const tag = 'Catalog'
const path = '/api/v1/concerts/{concertId}/schedules/{scheduleId}/seats'
const adminPath = '/api/v1/admin/schedules/{scheduleId}/seats'

const seatStatus = z.enum(seatStatuses)

const laidOutSeat = z.object({
  seatId: id.meta({ description: 'From 1 to the number of seats; what a hold names.' }),
  seatNumber: id.meta({ description: 'The number in its row.', example: 12 }),
  section: z.string().meta({ example: 'Floor' }),
  row: z.string().meta({ example: 'C' }),
  grade: z.string().meta({ example: 'VIP' }),
  price: money,
})

const seat = laidOutSeat.extend({ status: seatStatus })

const layoutVersion = z
  .string()
  .regex(/^[\w-]{1,64}$/, 'must be a version that the seat map named')
  .meta({
    description: 'As `layoutEndpoint` of the seat map has it.',
    example: 'GkZ0mwn5v3kbYUoKxv8PdLzy2sA',
  })

const layoutEndpoint = z.string().meta({
  description:
    'Where all of the seats that never changes is; keep what it answers for as long as this is the same.',
  example: '/api/v1/concerts/1/schedules/1/seats/layout/GkZ0mwn5v3kbYUoKxv8PdLzy2sA',
})

const conditional = z.object({
  'if-none-match': z.string().optional().meta({ description: 'The ETag of the last answer.' }),
})

const tagHeader = { ETag: 'Send it as If-None-Match with the next request.' }
const cached = { ...tagHeader, 'Cache-Control': 'private, no-cache', Vary: 'Accept-Encoding' }
const admitted = { auth: 'token', queueToken: 'active', tag } as const
const refusals = [
  'QUEUE_TOKEN_REQUIRED',
  'QUEUE_TOKEN_INVALID',
  'QUEUE_TOKEN_NOT_ACTIVE',
  'SCHEDULE_NOT_FOUND',
] as const

const seatFilter = z.object({ status: seatStatus.optional(), grade: grade.optional() })

const seatsResponses = {
  200: {
    description: 'The seats, in the order of their ids.',
    headers: cached,
    schema: z.object({ scheduleInfo: listedSchedule, layoutEndpoint, seats: z.array(seat) }),
  },
  304: { description: 'As it was.' },
}

const seatStatesResponses = {
  200: {
    description: 'The states.',
    headers: cached,
    schema: z.object({
      scheduleInfo: listedSchedule,
      layoutEndpoint,
      states: z.string().meta({ example: 'AAHHSSSAAAAA' }),
    }),
  },
  304: { description: 'As they were.' },
}

export const seatsRoute = defineRoute({
  ...admitted,
  method: 'get',
  path,
  operationId: 'showSeats',
  summary: 'The seat map',
  description:
    'A change is visible within a second. All seats of a cancelled schedule are SOLD_OUT. Send the ETag of the last answer as If-None-Match; a map that did not change is 304. Compressed by brotli or gzip where Accept-Encoding allows it. For a large hall, read the layout once and the states in their compact form. A bearer token is not needed; where one is sent, the queue token must be of its user.',
  params: scheduleParams,
  query: seatFilter,
  headers: conditional,
  responses: seatsResponses,
  refusals,
})

export const seatStatesRoute = defineRoute({
  ...admitted,
  method: 'get',
  path: `${path}/states`,
  operationId: 'showSeatStates',
  summary: 'The states of all seats, compact',
  description:
    'One letter a seat in the order of the layout, which is that of the ids: the letter at index 0 is of seat 1. `A` is AVAILABLE, `H` is HOLD, `S` is SOLD_OUT, `B` is BLOCKED (kept back by the house); a client should show a letter that it does not know as not available. 10,000 seats are 10 kB, and 2 kB compressed. As fresh as the map, with an ETag of its own.',
  params: scheduleParams,
  headers: conditional,
  responses: seatStatesResponses,
  refusals,
})

const conditionalSeats = { params: z.object({ scheduleId: pathId }), headers: conditional } as const

export const adminSeatsRoute = defineRoute({
  method: 'get',
  path: adminPath,
  operationId: 'showAdminSeats',
  tag: adminTag,
  summary: 'The seat map, to run an on-sale',
  description:
    'As `GET /concerts/{concertId}/schedules/{scheduleId}/seats` answers those who were let in, without a queue token: the same seats in the same freshness, with the same ETag. BLOCKED seats are those that the house keeps back.',
  auth: 'admin',
  roles: ['operator'],
  ...conditionalSeats,
  query: seatFilter,
  responses: seatsResponses,
  refusals: ['SCHEDULE_NOT_FOUND'],
})

export const adminSeatStatesRoute = defineRoute({
  method: 'get',
  path: `${adminPath}/states`,
  operationId: 'showAdminSeatStates',
  tag: adminTag,
  summary: 'The states of all seats, compact, to run an on-sale',
  description:
    'As the compact map of those who were let in, without a queue token; `layoutEndpoint` is where the layout is, which everybody may read. A console asks once a second with If-None-Match, and reads the layout once.',
  auth: 'admin',
  roles: ['operator'],
  ...conditionalSeats,
  responses: seatStatesResponses,
  refusals: ['SCHEDULE_NOT_FOUND'],
})

export const seatLayoutRoute = defineRoute({
  method: 'get',
  path: `${path}/layout/{version}`,
  operationId: 'showSeatLayout',
  tag,
  summary: 'Layout and prices of a seat map',
  description:
    'All of the seats but their states, in the order of their ids. An address never answers anything else, so that browsers and caches may keep the answer for good; a schedule that gets more seats gets another one, which `layoutEndpoint` of the seat map names. The older address still answers, with the seats that there were.',
  auth: 'none',
  params: scheduleParams.extend({ version: layoutVersion }),
  headers: conditional,
  responses: {
    200: {
      description: 'The layout.',
      headers: {
        ...tagHeader,
        'Cache-Control': 'public, max-age=31536000, immutable',
        Vary: 'Accept-Encoding',
      },
      schema: z.object({ seats: z.array(laidOutSeat) }),
    },
    304: { description: 'As it was.' },
  },
  refusals: ['SCHEDULE_NOT_FOUND', 'SEAT_LAYOUT_NOT_FOUND'],
})

export const seatRoute = defineRoute({
  ...admitted,
  method: 'get',
  path: `${path}/{seatId}`,
  operationId: 'showSeat',
  summary: 'One seat of the map',
  description: 'As fresh as the map.',
  params: scheduleParams.extend({ seatId: pathId }),
  responses: { 200: { description: 'The seat.', schema: seat } },
  refusals: [...refusals, 'SEAT_NOT_FOUND'],
})

const eventId = z.string().meta({ example: 'cmuEYiITzJDzGs1SECuBJFVpJ6E' })
const seatStates = z.array(z.object({ seatId: id, status: seatStatus }))
const seatEvent = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('snapshot'),
    id: eventId,
    data: z.object({ scheduleId: id, layoutVersion, seats: seatStates }),
  }),
  z.object({ event: z.literal('change'), id: eventId, data: z.object({ seats: seatStates }) }),
  z.object({
    event: z.literal('end'),
    data: z.object({ reason: z.enum(['TOKEN_ENDED', 'TOKEN_UNVERIFIED', 'STOPPING']) }),
  }),
])

export const seatEventsRoute = defineRoute({
  ...admitted,
  method: 'get',
  path: `${path}/events`,
  operationId: 'streamSeats',
  summary: 'Seat changes as they happen',
  description:
    'Server-Sent Events: `snapshot` with `{scheduleId, layoutVersion, seats:[{seatId, status}]}` of every seat that is not AVAILABLE, all others are; another one comes with another `layoutVersion` when seats were added, which the seat map then has; then `change` with `{seats:[{seatId, status}]}` each time some change. Each has an `id`; who connects again with it as Last-Event-ID gets one `change` with what was missed, nothing where that is nothing, or a `snapshot` where it is too long ago. At last `end` with `{reason}`: `TOKEN_ENDED` within 2 s after the queue token was left, reissued or used or has run out (a hold that extends the token extends the stream), `TOKEN_UNVERIFIED` when for 30 s nobody could say whether it has, `STOPPING` when the server stops. A comment every 15 s. A reader that does not keep up is cut off and should connect again.',
  params: scheduleParams,
  headers: z.object({
    'last-event-id': z.string().optional().meta({
      description: 'The `id` of the event received last; any other value starts anew.',
      example: 'cmuEYiITzJDzGs1SECuBJFVpJ6E',
    }),
  }),
  responses: {
    200: {
      description: 'The events; each is shown as an object of its fields, with its data read as JSON.',
      contentType: 'text/event-stream',
      schema: seatEvent,
    },
  },
  refusals,
})

/** The routes of seats, for the API reference. */
export const seatRoutes = [
  seatsRoute,
  seatStatesRoute,
  seatLayoutRoute,
  seatRoute,
  seatEventsRoute,
  adminSeatsRoute,
  adminSeatStatesRoute,
]
