import { defineRoute, pathId } from '@frontrow/service-host/route'
import { z } from 'zod'

const tag = 'Catalog'
const adminTag = 'Admin'

export const id = z.int().positive()
export const money = z
  .int()
  .nonnegative()
  .meta({ description: 'In the smallest unit of the currency.', example: 150_000 })
const time = z.iso.datetime()
const date = z.iso.date()
const scheduleStatus = z.enum(['ON_SALE', 'CLOSED', 'CANCELLED'])
const limit = z.coerce.number().int().min(1).max(100).default(20)

// Names have no control characters, which mean nothing there; PostgreSQL could not store NUL at all.
export const shortText = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^\P{Cc}*$/u, 'must have no control characters')
const longText = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^[\P{Cc}\t\r\n]*$/u, 'must have no control characters but tabs and ends of lines')

const venue = z.object({
  venueId: id,
  name: z.string(),
  address: z.string().nullable(),
  city: z.string().nullable(),
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
  performanceDate: date.meta({ description: 'Day of the performance, in UTC.', example: '2026-12-24' }),
  performanceTime: z.string().meta({ description: 'Its time, HH:MM in UTC.', example: '10:30' }),
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
})

const scheduleDetails = schedule.extend({
  grades: z.array(z.object({ grade: z.string(), price: money, seatCount: id })),
})

/** A cursor is the id of the last concert shown; opaque, so that it can become something else. */
export function toCursor(concertId: number): string {
  return Buffer.from(String(concertId)).toString('base64url')
}

const cursor = z
  .string()
  .max(64)
  .transform((text, context) => {
    const concertId = Number(Buffer.from(text, 'base64url').toString('latin1'))
    if (Number.isSafeInteger(concertId) && concertId > 0 && toCursor(concertId) === text) return concertId
    context.addIssue({ code: 'custom', message: 'is not a cursor of this list' })
    return z.NEVER
  })
  .meta({ description: '`nextCursor` of the page before.' })

export const listConcertsRoute = defineRoute({
  method: 'get',
  path: '/api/v1/concerts',
  operationId: 'listConcerts',
  tag,
  summary: 'Concerts, newest first',
  auth: 'none',
  query: z.object({
    query: shortText(100)
      .or(z.literal('').transform(() => undefined))
      .optional()
      .meta({ description: 'Part of a title or an artist, in any case.' }),
    cursor: cursor.optional(),
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
    fromDate: date.optional().meta({ description: 'First day of performance; today where left out.' }),
    toDate: date
      .optional()
      .meta({ description: 'Last day, included; a month after the first where left out.' }),
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
  auth: 'admin',
  body: z.strictObject({
    name: shortText(200).meta({ example: 'Olympic Hall' }),
    address: shortText(300).optional(),
    city: shortText(100).optional().meta({ example: 'Seoul' }),
  }),
  responses: { 201: { description: 'Created.', schema: venue } },
  refusals: [],
})

export const createConcertRoute = defineRoute({
  method: 'post',
  path: '/api/v1/admin/concerts',
  operationId: 'createConcert',
  tag: adminTag,
  summary: 'Create a concert',
  auth: 'admin',
  body: z.strictObject({
    title: shortText(200).meta({ example: 'First Light' }),
    artist: shortText(200).optional(),
    description: longText(2_000).optional(),
  }),
  responses: { 201: { description: 'Created.', schema: concert } },
  refusals: [],
})

const timeInput = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .meta({ description: 'ISO 8601 with Z or an offset.', example: '2027-03-01T10:00:00Z' })

const section = z.strictObject({
  section: shortText(50).meta({ example: 'Floor' }),
  grade: shortText(50).meta({ example: 'VIP' }),
  price: z.int().positive().max(1_000_000_000).meta({ example: 150_000 }),
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
      sections: z.array(section).min(1).max(100),
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
  createConcertRoute,
  createScheduleRoute,
  changeScheduleRoute,
]
