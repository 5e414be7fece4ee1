import { dateOf } from './date-range.ts'
import type { ListedSchedule } from './list-schedules.ts'
import type { Concert } from './sql/concerts.ts'

/** A concert as the API writes it. */
export function concertJson(concert: Concert): object {
  return { ...concert, createdAt: concert.createdAt.toISOString() }
}

/** A schedule as lists and the seat map write it. */
export function listedScheduleJson(schedule: ListedSchedule): object {
  return {
    scheduleId: schedule.scheduleId,
    concertId: schedule.concertId,
    concertTitle: schedule.concertTitle,
    venueId: schedule.venueId,
    venueName: schedule.venueName,
    performanceDate: dateOf(schedule.performanceAt),
    performanceTime: schedule.performanceAt.toISOString().slice(11, 16),
    bookingOpenAt: schedule.bookingOpenAt.toISOString(),
    bookingCloseAt: schedule.bookingCloseAt.toISOString(),
    availableSeats: schedule.availableSeats,
    status: schedule.status,
  }
}

/** A schedule as it is written alone: the fields of lists, and those that lists leave out. */
export function scheduleJson(schedule: ListedSchedule): object {
  return {
    ...listedScheduleJson(schedule),
    performanceAt: schedule.performanceAt.toISOString(),
    waitingRoomOpenAt: schedule.waitingRoomOpenAt.toISOString(),
    seatCount: schedule.seatCount,
  }
}
