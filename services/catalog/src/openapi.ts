import { grade, price, scheduleStatus, section } from '@frontrow/proto/values'
import { defineRoute } from '@frontrow/service-host/route'
import { id, pathId } from '@frontrow/values/ids'
import { money } from '@frontrow/values/money'
import { idCursor, limit } from '@frontrow/values/page'
import { line } from '@frontrow/values/text'
import { date, time, timeInput } from '@frontrow/values/time'
import { z } from 'zod'
import { orderProblems } from './schedule-times.ts'
import { createdHeaders, writeHeaders, writeRefusals } from '@frontrow/idempotency/write-headers'

const tag = 'Catalog'
export const adminTag = 'Admin'

export const concert = z.object({
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
  availableSeats: z.int().nonnegative().meta({
    description: 'Seats left, a second or two old; the seat map is newer. 0 of a cancelled schedule.',
  }),
  status: scheduleStatus.meta({
    description:
      'Booking that has closed, by an admin or at bookingCloseAt, is CLOSED; booking that has not opened is ON_SALE.',
  }),
})

export const schedule = listedSchedule.extend({
  performanceAt: time,
  waitingRoomOpenAt: time,
  refundableUntil: time.nullable().meta({
    description:
      'Until when a buyer can cancel what is paid and get the money back; null: until the performance begins.',
    example: '2026-12-23T10:30:00.000Z',
  }),
  seatCount: id,
  noOrphanSeats: z.boolean(),
})

export const scheduleDetails = schedule.extend({
  grades: z.array(
    z.object({
      grade: z.string().meta({ example: 'VIP' }),
      price: money,
      seatCount: id.meta({ example: 20 }),
      availableSeats: z.int().nonnegative().meta({ description: 'Seats left of it.', example: 7 }),
    }),
  ),
})

/** A text that is looked for; blank is as if it were left out. */
export const searchText = (description: string, example: string) =>
  line(100)
    .or(
      z
        .string()
        .regex(/^\s*$/u)
        .transform(() => undefined),
    )
    .optional()
    .meta({ description: `${description}, in any case, with or without its accents.`, example })

export const concertSearch = z.object({
  query: searchText('Part of a title or an artist', 'first light'),
  title: searchText('Part of a title', 'first'),
  artist: searchText('Part of an artist', 'aurora'),
  cursor: idCursor.optional(),
  limit,
})

/** The answer of a list that comes in pages. */
export const pageOf = (item: z.ZodType) => ({
  200: {
    description: 'One page.',
    schema: z.object({ items: z.array(item), nextCursor: z.string().nullable() }),
  },
})

export const listConcertsRoute = defineRoute({
  method: 'get',
  path: '/api/v1/concerts',
  operationId: 'listConcerts',
  tag,
  summary: 'Concerts, newest first',
  description: 'Those that have all of what is looked for.',
  auth: 'none',
  query: concertSearch,
  responses: pageOf(concert),
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

export const sectionBlock = z.strictObject({
  section,
  grade,
  price,
  rows: z.int().min(1).max(10_000),
  seatsPerRow: z.int().min(1).max(10_000),
})

export const refundableUntilInput = timeInput.nullable().meta({
  description:
    'From then on buyers can not cancel what is paid (422 NOT_REFUNDABLE); admins still can. Not after performanceAt; null or left out: until the performance begins.',
  example: '2026-12-23T10:30:00.000Z',
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
  roles: ['operator'],
  params: z.object({ concertId: pathId }),
  body: z
    .strictObject({
      venueId: id,
      performanceAt: timeInput,
      waitingRoomOpenAt: timeInput.optional(),
      bookingOpenAt: timeInput,
      bookingCloseAt: timeInput,
      refundableUntil: refundableUntilInput.optional(),
      noOrphanSeats: z.boolean().default(false).meta({
        description:
          'Whether a choice of seats that would leave a single seat empty is refused (ORPHAN_SEAT) while another choice would leave none.',
      }),
      sections: z.array(sectionBlock).min(1).max(100),
    })
    .superRefine((body, context) => {
      for (const { field, rule } of orderProblems(body)) {
        context.addIssue({ code: 'custom', path: [field], message: rule })
      }
    }),
  examples: {
    'One section': {
      venueId: 1,
      performanceAt: '2035-03-01T10:00:00Z',
      bookingOpenAt: '2035-02-01T03:00:00Z',
      bookingCloseAt: '2035-03-01T09:00:00Z',
      sections: [{ section: 'Floor', grade: 'VIP', price: 150_000, rows: 5, seatsPerRow: 10 }],
    },
    'Two grades, a waiting room before the booking, and an end of refunds': {
      venueId: 1,
      performanceAt: '2035-03-02T19:00:00+09:00',
      waitingRoomOpenAt: '2035-02-01T11:30:00+09:00',
      bookingOpenAt: '2035-02-01T12:00:00+09:00',
      bookingCloseAt: '2035-03-02T18:00:00+09:00',
      refundableUntil: '2035-03-01T18:00:00+09:00',
      noOrphanSeats: true,
      sections: [
        { section: 'Floor', grade: 'VIP', price: 150_000, rows: 5, seatsPerRow: 20 },
        { section: 'Balcony', grade: 'A', price: 80_000, rows: 4, seatsPerRow: 25 },
      ],
    },
  },
  headers: writeHeaders,
  responses: {
    201: { description: 'Created, ON_SALE.', headers: createdHeaders, schema: scheduleDetails },
  },
  refusals: ['CONCERT_NOT_FOUND', 'VENUE_NOT_FOUND', ...writeRefusals],
})

/** The routes of what everybody sees, for the API reference. */
export const routes = [listConcertsRoute, getConcertRoute, listSchedulesRoute, getScheduleRoute]
