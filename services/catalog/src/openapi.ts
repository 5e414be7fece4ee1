import {
  address,
  artist,
  city,
  description,
  grade,
  price,
  scheduleStatus,
  section,
  title,
  venueName,
} from '@frontrow/proto/values'
import { defineRoute } from '@frontrow/service-host/route'
import { id, pathId } from '@frontrow/values/ids'
import { money } from '@frontrow/values/money'
import { idCursor, limit } from '@frontrow/values/page'
import { line } from '@frontrow/values/text'
import { date, time, timeInput, timeZone } from '@frontrow/values/time'
import { z } from 'zod'

const tag = 'Catalog'
const adminTag = 'Admin'

const venue = z.object({
  venueId: id,
  name: z.string(),
  address: z.string().nullable(),
  city: z.string().nullable(),
  timeZone: z.string().meta({ example: 'Asia/Seoul' }),
  createdAt: time,
})

const concert = z.object({
  concertId: id,
  title: z.string(),
  artist: z.string().nullable(),
  description: z.string().nullable(),
  createdAt: time,
})

export const listedSchedule = z.object({
  scheduleId: id,
  concertId: id,
  concertTitle: z.string(),
  venueId: id,
  venueName: z.string(),
  performanceDate: date.meta({ description: 'Day of the performance at the venue.', example: '2026-12-24' }),
  performanceTime: z.string().meta({ description: 'Its time there, HH:mm:ss.', example: '19:30:00' }),
  timeZone: z.string().meta({ description: 'Of the venue.', example: 'Asia/Seoul' }),
  bookingOpenAt: time,
  bookingCloseAt: time,
  availableSeats: z
    .int()
    .nonnegative()
    .meta({ description: 'Seats left, a second or two old; the seat map is newer.' }),
  status: scheduleStatus,
})

const schedule = listedSchedule.extend({
  performanceAt: time,
  waitingRoomOpenAt: time,
  seatCount: id,
  noOrphanSeats: z.boolean(),
})

const scheduleDetails = schedule.extend({
  grades: z.array(z.object({ grade: z.string(), price: money, seatCount: id })),
})

export const listConcertsRoute = defineRoute({
  method: 'get',
  path: '/api/v1/concerts',
  operationId: 'listConcerts',
  tag,
  summary: 'Concerts, newest first',
  auth: 'none',
  query: z.object({
    query: line(100)
      .or(z.literal('').transform(() => undefined))
      .optional()
      .meta({
        description: 'Part of a title or an artist, in any case, with or without its accents.',
        example: 'first light',
      }),
    cursor: idCursor.optional(),
    limit,
  }),
  responses: {
    200: {
      description: 'One page.',
      schema: z.object({ items: z.array(concert), nextCursor: z.string().nullable() }),
    },
  },
  refusals: [],
})

export const getConcertRoute = defineRoute({
  method: 'get',
  path: '/api/v1/concerts/{concertId}',
  operationId: 'getConcert',
  tag,
  summary: 'One concert',
  auth: 'none',
  params: z.object({ concertId: pathId }),
  responses: { 200: { description: 'The concert.', schema: concert } },
  refusals: ['CONCERT_NOT_FOUND'],
})

export const listSchedulesRoute = defineRoute({
  method: 'get',
  path: '/api/v1/concerts/{concertId}/schedules',
  operationId: 'listSchedules',
  tag,
  summary: 'When and where a concert is performed',
  auth: 'none',
  params: z.object({ concertId: pathId }),
  query: z.object({
    fromDate: date.optional().meta({
      description: 'First day of performance at the venue; today there where left out.',
      example: '2026-12-24',
    }),
    toDate: date.optional().meta({
      description: 'Last day, included; a month after the first where left out.',
      example: '2026-12-31',
    }),
    status: scheduleStatus.default('ON_SALE'),
  }),
  responses: {
    200: {
      description: 'In the order of performance; at most 1,000.',
      schema: z.array(listedSchedule),
    },
  },
  refusals: ['CONCERT_NOT_FOUND'],
})

export const scheduleParams = z.object({ concertId: pathId, scheduleId: pathId })

export const getScheduleRoute = defineRoute({
  method: 'get',
  path: '/api/v1/concerts/{concertId}/schedules/{scheduleId}',
  operationId: 'getSchedule',
  tag,
  summary: 'One schedule, with seats left and prices',
  auth: 'none',
  params: scheduleParams,
  responses: { 200: { description: 'The schedule.', schema: scheduleDetails } },
  refusals: ['SCHEDULE_NOT_FOUND'],
})

export const createVenueRoute = defineRoute({
  method: 'post',
  path: '/api/v1/admin/venues',
  operationId: 'createVenue',
  tag: adminTag,
  summary: 'Create a venue',
  description: 'Dates and times of its performances are shown and asked for in its time zone.',
  auth: 'admin',
  body: z.strictObject({
    name: venueName,
    address: address.exactOptional(),
    city: city.exactOptional(),
    timeZone: timeZone.default('UTC'),
  }),
  responses: { 201: { description: 'Created.', schema: venue } },
  refusals: [],
})

export const listVenuesRoute = defineRoute({
  method: 'get',
  path: '/api/v1/admin/venues',
  operationId: 'listVenues',
  tag: adminTag,
  summary: 'Venues, newest first',
  auth: 'admin',
  query: z.object({ cursor: idCursor.optional(), limit }),
  responses: {
    200: {
      description: 'One page.',
      schema: z.object({ items: z.array(venue), nextCursor: z.string().nullable() }),
    },
  },
  refusals: [],
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
    }),
  responses: { 200: { description: 'As it is now.', schema: venue } },
  refusals: ['VENUE_NOT_FOUND'],
})

export const createConcertRoute = defineRoute({
  method: 'post',
  path: '/api/v1/admin/concerts',
  operationId: 'createConcert',
  tag: adminTag,
  summary: 'Create a concert',
  auth: 'admin',
  body: z.strictObject({
    title,
    artist: artist.optional(),
    description: description.optional(),
  }),
  responses: { 201: { description: 'Created.', schema: concert } },
  refusals: [],
})

const sectionBlock = z.strictObject({
  section,
  grade,
  price,
  rows: z.int().min(1).max(10_000),
  seatsPerRow: z.int().min(1).max(10_000),
})

export const createScheduleRoute = defineRoute({
  method: 'post',
  path: '/api/v1/admin/concerts/{concertId}/schedules',
  operationId: 'createSchedule',
  tag: adminTag,
  summary: 'Create a schedule with its seats',
  description:
    'By default 10 to 10,000 seats in all. Seat ids run from 1 in the order of the sections; rows are A, B, … Z, AA, … in each section, and a section that is named twice (e.g. in two grades) goes on with its next row. The waiting room opens with the booking where waitingRoomOpenAt is left out.',
  auth: 'admin',
  params: z.object({ concertId: pathId }),
  body: z
    .strictObject({
      venueId: id,
      performanceAt: timeInput,
      waitingRoomOpenAt: timeInput.optional(),
      bookingOpenAt: timeInput,
      bookingCloseAt: timeInput,
      noOrphanSeats: z.boolean().default(false).meta({
        description:
          'Whether a choice of seats that would leave a single seat empty is refused (ORPHAN_SEAT) while another choice would leave none.',
      }),
      sections: z.array(sectionBlock).min(1).max(100),
    })
    .superRefine((body, context) => {
      const problem = (field: string, message: string): void =>
        context.addIssue({ code: 'custom', path: [field], message })
      if (body.bookingCloseAt <= body.bookingOpenAt) problem('bookingCloseAt', 'must be after bookingOpenAt')
      if (body.bookingCloseAt > body.performanceAt) {
        problem('bookingCloseAt', 'must not be after performanceAt')
      }
      if (body.waitingRoomOpenAt !== undefined && body.waitingRoomOpenAt > body.bookingOpenAt) {
        problem('waitingRoomOpenAt', 'must not be after bookingOpenAt')
      }
    }),
  responses: { 201: { description: 'Created, ON_SALE.', schema: scheduleDetails } },
  refusals: ['CONCERT_NOT_FOUND', 'VENUE_NOT_FOUND'],
})

export const changeScheduleRoute = defineRoute({
  method: 'patch',
  path: '/api/v1/admin/schedules/{scheduleId}',
  operationId: 'changeScheduleStatus',
  tag: adminTag,
  summary: 'Open, close or cancel a schedule',
  description:
    'CLOSED stops new holds and may be opened again. CANCELLED is final: every confirmed reservation is refunded.',
  auth: 'admin',
  params: z.object({ scheduleId: pathId }),
  body: z.strictObject({ status: scheduleStatus }),
  responses: { 200: { description: 'As it is now.', schema: schedule } },
  refusals: ['SCHEDULE_NOT_FOUND', 'SCHEDULE_NOT_CHANGEABLE'],
})

/** All routes of this service but those of seats, for the API reference. */
export const routes = [
  listConcertsRoute,
  getConcertRoute,
  listSchedulesRoute,
  getScheduleRoute,
  createVenueRoute,
  listVenuesRoute,
  changeVenueRoute,
  createConcertRoute,
  createScheduleRoute,
  changeScheduleRoute,
]
