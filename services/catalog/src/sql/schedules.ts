import type { Queryable, Tx } from '@frontrow/postgres/pool'
import { together } from '@frontrow/postgres/transaction'
import type { scheduleStatus } from '@frontrow/proto/values'
import type { z } from 'zod'
import { contains } from './concerts.ts'

/** Where a schedule is in its life; CANCELLED is final. */
export type ScheduleStatus = z.output<typeof scheduleStatus>

/** One performance of a concert at a venue, with its on-sale window. */
export interface Schedule {
  scheduleId: number
  concertId: number
  concertTitle: string
  venueId: number
  venueName: string
  /** Of the venue. */
  timeZone: string
  performanceAt: Date
  /** Day of the performance at the venue, YYYY-MM-DD. */
  performanceDate: string
  /** Its time of day there, HH:mm:ss. */
  performanceTime: string
  waitingRoomOpenAt: Date
  bookingOpenAt: Date
  bookingCloseAt: Date
  /** Until when a buyer can give back what is paid; null: until the performance begins. */
  refundableUntil: Date | null
  status: ScheduleStatus
  /** When booking was open last, as `lastOpenAt` of move-performance.ts told before the last change; null where it was not. */
  lastOpenAt: Date | null
  seatCount: number
  /** Whether a choice of seats that leaves single ones is refused. */
  noOrphanSeats: boolean
  /** Counts its changes. */
  version: number
}

/** What is written of a new schedule. */
export type NewSchedule = Pick<
  Schedule,
  | 'concertId'
  | 'venueId'
  | 'performanceAt'
  | 'waitingRoomOpenAt'
  | 'bookingOpenAt'
  | 'bookingCloseAt'
  | 'refundableUntil'
  | 'seatCount'
  | 'noOrphanSeats'
>

interface ScheduleRow {
  schedule_id: number
  concert_id: number
  concert_title: string
  venue_id: number
  venue_name: string
  time_zone: string
  performance_at: Date
  performance_date: string
  performance_time: string
  waiting_room_open_at: Date
  booking_open_at: Date
  booking_close_at: Date
  refundable_until: Date | null
  status: ScheduleStatus
  last_open_at: Date | null
  seat_count: number
  no_orphan_seats: boolean
  version: number
}

const SELECT = `SELECT s.schedule_id, s.concert_id, c.title AS concert_title, s.venue_id, v.name AS venue_name,
    v.time_zone, s.performance_at, to_char(local_time, 'YYYY-MM-DD') AS performance_date,
    to_char(local_time, 'HH24:MI:SS') AS performance_time, s.waiting_room_open_at, s.booking_open_at, s.booking_close_at, s.refundable_until,
    s.status, s.last_open_at, s.seat_count, s.no_orphan_seats, s.version
  FROM schedules s JOIN concerts c USING (concert_id) JOIN venues v USING (venue_id)
    CROSS JOIN LATERAL (SELECT s.performance_at AT TIME ZONE v.time_zone) AS performance (local_time)`

/** The status that people are shown, as SQL. */
const shownAt = (now: string): string =>
  `CASE WHEN s.status = 'ON_SALE' AND s.booking_close_at <= ${now} THEN 'CLOSED' ELSE s.status END`

function toSchedule(row: ScheduleRow): Schedule {
  return {
    scheduleId: row.schedule_id,
    concertId: row.concert_id,
    concertTitle: row.concert_title,
    venueId: row.venue_id,
    venueName: row.venue_name,
    timeZone: row.time_zone,
    performanceAt: row.performance_at,
    performanceDate: row.performance_date,
    performanceTime: row.performance_time,
    waitingRoomOpenAt: row.waiting_room_open_at,
    bookingOpenAt: row.booking_open_at,
    bookingCloseAt: row.booking_close_at,
    refundableUntil: row.refundable_until,
    status: row.status,
    lastOpenAt: row.last_open_at,
    seatCount: row.seat_count,
    noOrphanSeats: row.no_orphan_seats,
    version: row.version,
  }
}

/** Writes a schedule, ON_SALE, and returns its id. */
export async function insertSchedule(tx: Tx, schedule: NewSchedule): Promise<number> {
  const { rows } = await tx.query<{ schedule_id: number }>({
    name: 'schedule-insert',
    text: `INSERT INTO schedules (concert_id, venue_id, performance_at, waiting_room_open_at, booking_open_at,
             booking_close_at, seat_count, no_orphan_seats, refundable_until)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING schedule_id`,
    values: [
      schedule.concertId,
      schedule.venueId,
      schedule.performanceAt,
      schedule.waitingRoomOpenAt,
      schedule.bookingOpenAt,
      schedule.bookingCloseAt,
      schedule.seatCount,
      schedule.noOrphanSeats,
      schedule.refundableUntil,
    ],
  })
  const row = rows[0]
  if (row === undefined) throw new Error('a schedule was inserted without a row')
  return row.schedule_id
}

/** One schedule. */
export async function readSchedule(db: Queryable, scheduleId: number): Promise<Schedule | undefined> {
  const { rows } = await db.query<ScheduleRow>({
    name: 'schedule-read',
    text: `${SELECT} WHERE s.schedule_id = $1`,
    values: [scheduleId],
  })
  return rows[0] === undefined ? undefined : toSchedule(rows[0])
}

/** Reads and locks a schedule, so that nobody else changes it until the transaction ends. */
export async function lockSchedule(tx: Tx, scheduleId: number): Promise<Schedule | undefined> {
  const { rows } = await tx.query<ScheduleRow>({
    name: 'schedule-lock',
    text: `${SELECT} WHERE s.schedule_id = $1 FOR NO KEY UPDATE OF s`,
    values: [scheduleId],
  })
  return rows[0] === undefined ? undefined : toSchedule(rows[0])
}

/**
 * Schedules of a concert that are performed from one day to another, both included and as they are at each venue, in the order of
 * their performance, whose status is shown as `status` at `now`: from today at `now` where no first day is given, to a month after the first where no last day is given.
 */
export async function readSchedules(
  db: Queryable,
  wanted: {
    concertId: number
    fromDate?: string | undefined
    toDate?: string | undefined
    now: Date
    status: ScheduleStatus
    limit: number
  },
): Promise<Schedule[]> {
  // The index finds performances by their moments. These two days to either side are more than any zone is from UTC, so that the
  // days at the venue, which decide, are asked of few rows more than are found.
  const { rows } = await db.query<ScheduleRow>({
    name: 'schedule-list',
    text: `${SELECT}
             CROSS JOIN LATERAL (
               SELECT coalesce($2::date, ($4::timestamptz AT TIME ZONE v.time_zone)::date)) AS first (day)
           WHERE s.concert_id = $1
             AND ${shownAt('$4')} = $5
             AND s.performance_at
               >= (coalesce($2::date, ($4 AT TIME ZONE 'UTC')::date) - interval '2 days') AT TIME ZONE 'UTC'
             AND s.performance_at < (coalesce($3::date, coalesce($2::date, ($4 AT TIME ZONE 'UTC')::date) + interval '1 month')
                                     + interval '4 days') AT TIME ZONE 'UTC'
             AND local_time::date BETWEEN first.day AND coalesce($3::date, first.day + interval '1 month')
           ORDER BY s.performance_at, s.schedule_id LIMIT $6`,
    values: [wanted.concertId, wanted.fromDate, wanted.toDate, wanted.now, wanted.status, wanted.limit],
  })
  return rows.map(toSchedule)
}

/** Schedules of a concert with ids below `before`, newest first, of any date; of any status where none is given that is shown as `status` at `now`. */
export async function readSchedulesById(
  db: Queryable,
  wanted: {
    concertId: number
    status?: ScheduleStatus | undefined
    before: number
    now: Date
    limit: number
  },
): Promise<Schedule[]> {
  const { rows } = await db.query<ScheduleRow>({
    name: 'schedule-list-by-id',
    text: `${SELECT} WHERE s.concert_id = $1 AND s.schedule_id < $2 AND ($3::text IS NULL OR ${shownAt('$4')} = $3)
           ORDER BY s.schedule_id DESC LIMIT $5`,
    values: [wanted.concertId, wanted.before, wanted.status, wanted.now, wanted.limit],
  })
  return rows.map(toSchedule)
}

/** What is on a page of all concerts' schedules. */
export interface BookingPage {
  /** In the title or the artist of the concert, as people mean it. */
  query: string | undefined
  status: ScheduleStatus | undefined
  /** Whether those are wanted that are shown as ON_SALE at `asOf`, or the others. */
  isOnSale: boolean
  asOf: Date
  /** The last schedule of the page before; undefined at the beginning. */
  after: { bookingOpenAtMs: number; scheduleId: number } | undefined
  limit: number
}

/** Schedules of all concerts by the opening of their booking: those on sale from the soonest on, the others from the latest on. */
export async function readSchedulesByBooking(tx: Tx, page: BookingPage): Promise<Schedule[]> {
  const { query, status, isOnSale, asOf, after, limit } = page
  const isShownOnSale = `s.status = 'ON_SALE' AND s.booking_close_at > $1`
  const [beyond, direction] = isOnSale ? ['>', 'ASC'] : ['<', 'DESC']
  // PostgreSQL plans it for its values, as it does with the search for concerts.
  const [, { rows }] = await together([
    tx.query('SET LOCAL plan_cache_mode = force_custom_plan'),
    tx.query<ScheduleRow>({
      text: `${SELECT}
             WHERE ${isOnSale ? isShownOnSale : `NOT (${isShownOnSale})`}
               AND ($2::text IS NULL OR ${contains('c.search_text', '$2')})
               AND ($3::text IS NULL OR ${shownAt('$1')} = $3)
               AND ($4::timestamptz IS NULL OR (s.booking_open_at, s.schedule_id) ${beyond} ($4, $5))
             ORDER BY s.booking_open_at ${direction}, s.schedule_id ${direction} LIMIT $6`,
      values: [
        asOf,
        query,
        status,
        after === undefined ? null : new Date(after.bookingOpenAtMs),
        after?.scheduleId ?? null,
        limit,
      ],
    }),
  ])
  return rows.map(toSchedule)
}

/** How many seats a schedule has; undefined where there is none. */
export async function readSeatCount(db: Queryable, scheduleId: number): Promise<number | undefined> {
  const { rows } = await db.query<{ seat_count: number }>({
    name: 'schedule-read-seat-count',
    text: 'SELECT seat_count FROM schedules WHERE schedule_id = $1',
    values: [scheduleId],
  })
  return rows[0]?.seat_count
}

/** Writes what may change of a schedule, and its version; lock it first. */
export async function updateSchedule(tx: Tx, schedule: Schedule): Promise<void> {
  await tx.query({
    name: 'schedule-update',
    text: `UPDATE schedules SET status = $2, performance_at = $3, waiting_room_open_at = $4, booking_open_at = $5,
             booking_close_at = $6, seat_count = $7, version = $8, last_open_at = $9, refundable_until = $10,
             no_orphan_seats = $11
           WHERE schedule_id = $1`,
    values: [
      schedule.scheduleId,
      schedule.status,
      schedule.performanceAt,
      schedule.waitingRoomOpenAt,
      schedule.bookingOpenAt,
      schedule.bookingCloseAt,
      schedule.seatCount,
      schedule.version,
      schedule.lastOpenAt,
      schedule.refundableUntil,
      schedule.noOrphanSeats,
    ],
  })
}
