import type { Queryable, Tx } from '@frontrow/postgres/pool'

/** Where a schedule is in its life; CANCELLED is final. */
export type ScheduleStatus = 'ON_SALE' | 'CLOSED' | 'CANCELLED'

/** One performance of a concert at a venue, with its on-sale window. */
export interface Schedule {
  scheduleId: number
  concertId: number
  concertTitle: string
  venueId: number
  venueName: string
  performanceAt: Date
  waitingRoomOpenAt: Date
  bookingOpenAt: Date
  bookingCloseAt: Date
  status: ScheduleStatus
  seatCount: number
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
  | 'seatCount'
>

interface ScheduleRow {
  schedule_id: number
  concert_id: number
  concert_title: string
  venue_id: number
  venue_name: string
  performance_at: Date
  waiting_room_open_at: Date
  booking_open_at: Date
  booking_close_at: Date
  status: ScheduleStatus
  seat_count: number
}

const SELECT = `SELECT s.schedule_id, s.concert_id, c.title AS concert_title, s.venue_id, v.name AS venue_name,
    s.performance_at, s.waiting_room_open_at, s.booking_open_at, s.booking_close_at, s.status, s.seat_count
  FROM schedules s JOIN concerts c USING (concert_id) JOIN venues v USING (venue_id)`

function toSchedule(row: ScheduleRow): Schedule {
  return {
    scheduleId: row.schedule_id,
    concertId: row.concert_id,
    concertTitle: row.concert_title,
    venueId: row.venue_id,
    venueName: row.venue_name,
    performanceAt: row.performance_at,
    waitingRoomOpenAt: row.waiting_room_open_at,
    bookingOpenAt: row.booking_open_at,
    bookingCloseAt: row.booking_close_at,
    status: row.status,
    seatCount: row.seat_count,
  }
}

/** Writes a schedule, ON_SALE, and returns its id. */
export async function insertSchedule(tx: Tx, schedule: NewSchedule): Promise<number> {
  const { rows } = await tx.query<{ schedule_id: number }>({
    name: 'schedule-insert',
    text: `INSERT INTO schedules (concert_id, venue_id, performance_at, waiting_room_open_at, booking_open_at,
             booking_close_at, seat_count)
           VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING schedule_id`,
    values: [
      schedule.concertId,
      schedule.venueId,
      schedule.performanceAt,
      schedule.waitingRoomOpenAt,
      schedule.bookingOpenAt,
      schedule.bookingCloseAt,
      schedule.seatCount,
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

/** Schedules of a concert that are performed from `from` until before `until`, in the order of their performance. */
export async function readSchedules(
  db: Queryable,
  wanted: { concertId: number; from: Date; until: Date; status: ScheduleStatus; limit: number },
): Promise<Schedule[]> {
  const { rows } = await db.query<ScheduleRow>({
    name: 'schedule-list',
    text: `${SELECT} WHERE s.concert_id = $1 AND s.performance_at >= $2 AND s.performance_at < $3 AND s.status = $4
           ORDER BY s.performance_at, s.schedule_id LIMIT $5`,
    values: [wanted.concertId, wanted.from, wanted.until, wanted.status, wanted.limit],
  })
  return rows.map(toSchedule)
}

/** Sets the status; lock the schedule first. */
export async function updateScheduleStatus(
  tx: Tx,
  scheduleId: number,
  status: ScheduleStatus,
): Promise<void> {
  await tx.query({
    name: 'schedule-update-status',
    text: 'UPDATE schedules SET status = $2 WHERE schedule_id = $1',
    values: [scheduleId, status],
  })
}
