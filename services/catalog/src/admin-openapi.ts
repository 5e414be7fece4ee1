import { address, artist, city, description, scheduleStatus, title, venueName } from '@frontrow/proto/values'
import { defineRoute } from '@frontrow/service-host/route'
import { id, pathId } from '@frontrow/values/ids'
import { idCursor, limit } from '@frontrow/values/page'
import { ROLES } from '@frontrow/values/roles'
import { time, timeInput, timeZone } from '@frontrow/values/time'
import { z } from 'zod'
import {
  adminTag,
  sectionBlock,
  concert,
  concertSearch,
  createScheduleRoute,
  pageOf,
  refundableUntilInput,
  searchText,
  schedule,
  scheduleDetails,
} from './openapi.ts'
import { bookingCursor } from './booking-order.ts'
import {
  changeHeaders,
  changeRefusals,
  createdHeaders,
  namesSomething,
  replayHeader,
  versionHeader,
  writeHeaders,
  writeRefusals,
  writtenHeaders,
} from '@frontrow/idempotency/write-headers'

const venue = z.object({
  venueId: id,
  name: z.string(),
  address: z.string().nullable(),
  city: z.string().nullable(),
  timeZone: z.string().meta({ example: 'Asia/Seoul' }),
  createdAt: time,
})

export const getOwnRolesRoute = defineRoute({
  method: 'get',
  path: '/api/v1/admin/me',
  operationId: 'getOwnRoles',
  tag: adminTag,
  summary: 'Which roles the token has here',
  description:
    'As `ROLES_CLAIM` and `ROLE_MAPPING` read them. Who has none is no member of the staff, and is answered 403.',
  auth: 'admin',
  roles: ['operator', 'finance', 'door'],
  responses: {
    200: {
      description: 'The roles; `admin` may do everything.',
      schema: z.object({
        userId: z.string().meta({ example: 'operator' }),
        roles: z.array(z.enum(ROLES)).meta({ example: ['operator'] }),
      }),
    },
  },
  refusals: [],
})

export const createVenueRoute = defineRoute({
  method: 'post',
  path: '/api/v1/admin/venues',
  operationId: 'createVenue',
  tag: adminTag,
  summary: 'Create a venue',
  description: 'Dates and times of its performances are shown and asked for in its time zone.',
  auth: 'admin',
  roles: ['operator'],
  body: z.strictObject({
    name: venueName,
    address: address.exactOptional(),
    city: city.exactOptional(),
    timeZone: timeZone.default('UTC'),
  }),
  examples: {
    'A hall': { name: 'Olympic Hall', address: '424 Olympic-ro', city: 'Seoul', timeZone: 'Asia/Seoul' },
  },
  headers: writeHeaders,
  responses: { 201: { description: 'Created.', headers: createdHeaders, schema: venue } },
  refusals: writeRefusals,
})

export const listVenuesRoute = defineRoute({
  method: 'get',
  path: '/api/v1/admin/venues',
  operationId: 'listVenues',
  tag: adminTag,
  summary: 'Venues, newest first',
  auth: 'admin',
  roles: ['operator'],
  query: z.object({ cursor: idCursor.optional(), limit }),
  responses: pageOf(venue),
  refusals: [],
})

export const getVenueRoute = defineRoute({
  method: 'get',
  path: '/api/v1/admin/venues/{venueId}',
  operationId: 'getVenue',
  tag: adminTag,
  summary: 'One venue',
  auth: 'admin',
  roles: ['operator'],
  params: z.object({ venueId: pathId }),
  responses: { 200: { description: 'The venue.', headers: versionHeader, schema: venue } },
  refusals: ['VENUE_NOT_FOUND'],
})

export const changeVenueRoute = defineRoute({
  method: 'patch',
  path: '/api/v1/admin/venues/{venueId}',
  operationId: 'changeVenue',
  tag: adminTag,
  summary: 'Change a venue',
  description:
    'What is left out stays. Performances stay at their moments: another time zone only changes the dates and times that are shown for them, within a second.',
  auth: 'admin',
  roles: ['operator'],
  params: z.object({ venueId: pathId }),
  body: z
    .strictObject({
      name: venueName.exactOptional(),
      address: address.nullable().exactOptional(),
      city: city.nullable().exactOptional(),
      timeZone: timeZone.exactOptional(),
    })
    .refine((change) => Object.keys(change).length > 0, {
      message: 'name at least one of name, address, city and timeZone',
    })
    .meta(namesSomething),
  examples: { 'Another name': { name: 'Olympic Hall 2' } },
  headers: changeHeaders,
  responses: { 200: { description: 'As it is now.', headers: writtenHeaders, schema: venue } },
  refusals: ['VENUE_NOT_FOUND', ...changeRefusals],
})

export const createConcertRoute = defineRoute({
  method: 'post',
  path: '/api/v1/admin/concerts',
  operationId: 'createConcert',
  tag: adminTag,
  summary: 'Create a concert',
  auth: 'admin',
  roles: ['operator'],
  body: z.strictObject({
    title,
    artist: artist.optional(),
    description: description.optional(),
  }),
  examples: {
    'A concert': { title: 'First Light', artist: 'The Frontrow Band', description: 'One night only.' },
  },
  headers: writeHeaders,
  responses: { 201: { description: 'Created.', headers: createdHeaders, schema: concert } },
  refusals: writeRefusals,
})

export const listAdminConcertsRoute = defineRoute({
  method: 'get',
  path: '/api/v1/admin/concerts',
  operationId: 'listAdminConcerts',
  tag: adminTag,
  summary: 'Concerts, newest first',
  description:
    'Those that have all of what is looked for. Pages go on where they were, whatever is deleted meanwhile.',
  auth: 'admin',
  roles: ['operator'],
  query: concertSearch,
  responses: pageOf(concert),
  refusals: [],
})

export const getAdminConcertRoute = defineRoute({
  method: 'get',
  path: '/api/v1/admin/concerts/{concertId}',
  operationId: 'getAdminConcert',
  tag: adminTag,
  summary: 'One concert, to change it',
  auth: 'admin',
  roles: ['operator'],
  params: z.object({ concertId: pathId }),
  responses: { 200: { description: 'The concert.', headers: versionHeader, schema: concert } },
  refusals: ['CONCERT_NOT_FOUND'],
})

export const changeConcertRoute = defineRoute({
  method: 'patch',
  path: '/api/v1/admin/concerts/{concertId}',
  operationId: 'changeConcert',
  tag: adminTag,
  summary: 'Rename or describe a concert',
  description:
    'What is left out stays; null takes the artist or the description away. Its schedules show a new title within a second.',
  auth: 'admin',
  roles: ['operator'],
  params: z.object({ concertId: pathId }),
  headers: changeHeaders,
  body: z
    .strictObject({
      title: title.exactOptional(),
      artist: artist.nullable().exactOptional(),
      description: description.nullable().exactOptional(),
    })
    .refine((change) => Object.keys(change).length > 0, {
      message: 'name at least one of title, artist and description',
    })
    .meta(namesSomething),
  examples: { 'Another title': { title: 'First Light, Again' } },
  responses: { 200: { description: 'As it is now.', headers: writtenHeaders, schema: concert } },
  refusals: ['CONCERT_NOT_FOUND', ...changeRefusals],
})

export const listAdminSchedulesRoute = defineRoute({
  method: 'get',
  path: '/api/v1/admin/concerts/{concertId}/schedules',
  operationId: 'listAdminSchedules',
  tag: adminTag,
  summary: "A concert's schedules, newest first",
  description: 'Of any date, and of any status where none is asked for.',
  auth: 'admin',
  roles: ['operator'],
  params: z.object({ concertId: pathId }),
  query: z.object({ status: scheduleStatus.optional(), cursor: idCursor.optional(), limit }),
  responses: pageOf(schedule),
  refusals: ['CONCERT_NOT_FOUND'],
})

export const listAllSchedulesRoute = defineRoute({
  method: 'get',
  path: '/api/v1/admin/schedules',
  operationId: 'listAllSchedules',
  tag: adminTag,
  summary: 'Schedules of all concerts, what is on sale or about to be first',
  description:
    'First those that are ON_SALE, the soonest `bookingOpenAt` first: what is being sold, then what opens next. Then those that are CLOSED or CANCELLED, the latest `bookingOpenAt` first. The pages of one list are of the moment of its first page: booking that opens or closes meanwhile moves no row, and pages go on where they were, whatever is deleted. `status` in the query is as of that moment, too, and `status` of a row is as of now, so a later page of ON_SALE may show one as CLOSED. What an admin changes meanwhile may be shown twice or not at all.',
  auth: 'admin',
  roles: ['operator', 'finance', 'door'],
  query: z.object({
    status: scheduleStatus.optional(),
    query: searchText("Part of the concert's title or artist", 'first light'),
    cursor: bookingCursor.optional(),
    limit,
  }),
  responses: pageOf(schedule),
  refusals: [],
})

const cancellation = z
  .object({
    reservations: z.int().meta({
      description:
        'Cancelled with the schedule, and still to be. A hold that runs out before its turn needs no cancelling and is left out, so this may become smaller until all are `cancelled`.',
      example: 4_000,
    }),
    cancelled: z.int().meta({ description: 'Of these, cancelled by now.', example: 2_600 }),
    refundsPending: z.int().meta({ description: 'Paid, and the money is on its way back.', example: 100 }),
    refunded: z.int().meta({ description: 'Paid, and the money is back.', example: 2_400 }),
  })
  .nullable()
  .meta({
    description: 'Null unless it is CANCELLED, and while the reservation service does not answer.',
  })

export const getAdminScheduleRoute = defineRoute({
  method: 'get',
  path: '/api/v1/admin/schedules/{scheduleId}',
  operationId: 'getAdminSchedule',
  tag: adminTag,
  summary: 'One schedule, to change it',
  description:
    'Of a CANCELLED schedule, `cancellation` tells how far its reservations and refunds are. It is done when `cancelled` has come to `reservations` and `refundsPending` to 0; until then it goes on by itself, whatever is restarted.',
  auth: 'admin',
  roles: ['operator', 'finance', 'door'],
  params: z.object({ scheduleId: pathId }),
  responses: {
    200: {
      description: 'The schedule.',
      headers: versionHeader,
      schema: scheduleDetails.extend({ cancellation }),
    },
  },
  refusals: ['SCHEDULE_NOT_FOUND'],
})

export const changeScheduleRoute = defineRoute({
  method: 'patch',
  path: '/api/v1/admin/schedules/{scheduleId}',
  operationId: 'changeSchedule',
  tag: adminTag,
  summary: 'Open, close or cancel a schedule, move its times, or change its settings',
  description:
    'What is left out stays; all services follow within 2 s. CLOSED stops new holds and may be opened again. CANCELLED is final: every confirmed reservation is refunded, whatever `refundableUntil` says; `GET` tells how far that is. `refundableUntil` counts from now on also for what is paid already; null takes it away. `noOrphanSeats` counts for choices of seats from now on. Times follow the rules of a new schedule. A waiting room that opens with the booking moves with it. `performanceAt` moves only while nobody has a seat and nobody can get one: earlier than 6 minutes before booking opens, or from 6 minutes after the schedule was closed on (`details.movableAt`). All times stay once the performance has begun. Else: 409 SCHEDULE_NOT_CHANGEABLE.',
  auth: 'admin',
  roles: ['operator'],
  params: z.object({ scheduleId: pathId }),
  headers: changeHeaders,
  body: z
    .strictObject({
      status: scheduleStatus.exactOptional(),
      performanceAt: timeInput.exactOptional(),
      waitingRoomOpenAt: timeInput.exactOptional(),
      bookingOpenAt: timeInput.exactOptional(),
      bookingCloseAt: timeInput.exactOptional(),
      refundableUntil: refundableUntilInput.exactOptional(),
      noOrphanSeats: z.boolean().exactOptional(),
    })
    .refine((change) => Object.keys(change).length > 0, {
      message:
        'name at least one of status, performanceAt, waitingRoomOpenAt, bookingOpenAt, bookingCloseAt, refundableUntil and noOrphanSeats',
    })
    .meta(namesSomething),
  examples: {
    'No single seats': { noOrphanSeats: true },
    'No more holds': { status: 'CLOSED' },
    'Open it again': { status: 'ON_SALE' },
    'Close the booking at another time': { bookingCloseAt: '2035-03-01T08:00:00Z' },
  },
  responses: { 200: { description: 'As it is now.', headers: writtenHeaders, schema: schedule } },
  refusals: ['SCHEDULE_NOT_FOUND', 'SCHEDULE_NOT_CHANGEABLE', ...changeRefusals],
})

export const addSectionRoute = defineRoute({
  method: 'post',
  path: '/api/v1/admin/schedules/{scheduleId}/sections',
  operationId: 'addSection',
  tag: adminTag,
  summary: 'Add a section to a schedule',
  description:
    'Its seats get the ids behind those that there are, and are on sale within 2 s. A section that there is already goes on with its next row; a grade that there is already keeps its price. Seats are never taken away.',
  auth: 'admin',
  roles: ['operator'],
  params: z.object({ scheduleId: pathId }),
  headers: changeHeaders,
  body: sectionBlock,
  examples: { 'A balcony': { section: 'Balcony', grade: 'A', price: 80_000, rows: 2, seatsPerRow: 10 } },
  responses: {
    201: { description: 'The schedule as it is now.', headers: createdHeaders, schema: scheduleDetails },
  },
  refusals: ['SCHEDULE_NOT_FOUND', 'SCHEDULE_NOT_CHANGEABLE', ...changeRefusals],
})

export const changeSeatsRoute = defineRoute({
  method: 'patch',
  path: '/api/v1/admin/schedules/{scheduleId}/seats',
  operationId: 'changeSeats',
  tag: adminTag,
  summary: 'Take seats off sale for the house, or put them back',
  description:
    'BLOCKED takes all of the seats off sale or, where somebody holds or has bought one, none: 409 SEAT_TAKEN with these in `details.seatIds`. AVAILABLE puts those back that are BLOCKED and leaves the others as they are. More of them than one person may have (SEATS_PER_USER_MAX) come back together, at a second that is drawn from the next 11 and told to nobody: they can be held from the moment on at which every map and stream shows them, and are BLOCKED until then. The seat map shows anything else within a second. `If-Match` takes the ETag of the schedule, which stays the same.',
  auth: 'admin',
  roles: ['operator'],
  params: z.object({ scheduleId: pathId }),
  headers: changeHeaders,
  body: z.strictObject({
    seatIds: z
      .array(id)
      .min(1)
      .max(1_000)
      .refine((ids) => new Set(ids).size === ids.length, 'must not name a seat twice')
      .meta({ example: [1, 2, 3], uniqueItems: true }),
    status: z.enum(['BLOCKED', 'AVAILABLE']),
  }),
  examples: {
    'Keep back': { seatIds: [8, 9, 10], status: 'BLOCKED' },
    'Put back': { seatIds: [8, 9, 10], status: 'AVAILABLE' },
  },
  responses: {
    200: {
      description: 'Done.',
      headers: replayHeader,
      schema: z.object({
        scheduleId: id,
        status: z.enum(['BLOCKED', 'AVAILABLE']),
        changedSeatIds: z.array(id).meta({ description: 'Those that were not so before.', example: [1, 2] }),
      }),
    },
  },
  refusals: [
    'SCHEDULE_NOT_FOUND',
    'SEAT_NOT_FOUND',
    'SCHEDULE_NOT_CHANGEABLE',
    'SEAT_TAKEN',
    ...changeRefusals,
  ],
})

/** The routes of admins, for the API reference. */
export const adminRoutes = [
  getOwnRolesRoute,
  createVenueRoute,
  listVenuesRoute,
  getVenueRoute,
  changeVenueRoute,
  createConcertRoute,
  listAdminConcertsRoute,
  getAdminConcertRoute,
  changeConcertRoute,
  createScheduleRoute,
  listAdminSchedulesRoute,
  listAllSchedulesRoute,
  getAdminScheduleRoute,
  changeScheduleRoute,
  addSectionRoute,
  changeSeatsRoute,
]
