import { shownStatus } from '@frontrow/proto/show-phases'
import type { ScheduleDetails } from './get-schedule.ts'
import type { ListedSchedule } from './list-schedules.ts'
import type { Concert } from './sql/concerts.ts'
import type { Schedule } from './sql/schedules.ts'
import type { Venue } from './sql/venues.ts'

/** A concert as the API writes it. */
export function concertJson(concert: Concert): object {
  const { concertId, title, artist, description, createdAt } = concert
  return { concertId, title, artist, description, createdAt: createdAt.toISOString() }
}

/** A venue as the API writes it. */
export function venueJson(venue: Venue): object {
  const { venueId, name, address, city, timeZone, createdAt } = venue
  return { venueId, name, address, city, timeZone, createdAt: createdAt.toISOString() }
}

/** A schedule with the status that people are shown: booking that has closed by the clock is CLOSED. */
export function asShown<S extends Schedule>(schedule: S, now: Date): S {
  const times = {
    status: schedule.status,
    bookingOpenAtMs: schedule.bookingOpenAt.getTime(),
    bookingCloseAtMs: schedule.bookingCloseAt.getTime(),
    performanceAtMs: schedule.performanceAt.getTime(),
  }
  return { ...schedule, status: shownStatus(times, now.getTime()) }
}

/** A schedule as lists and the seat map write it. */
export function listedScheduleJson(schedule: ListedSchedule): object {
  return {
    scheduleId: schedule.scheduleId,
    concertId: schedule.concertId,
    concertTitle: schedule.concertTitle,
    venueId: schedule.venueId,
    venueName: schedule.venueName,
    performanceDate: schedule.performanceDate,
    performanceTime: schedule.performanceTime,
    timeZone: schedule.timeZone,
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
    refundableUntil: schedule.refundableUntil?.toISOString() ?? null,
    seatCount: schedule.seatCount,
    noOrphanSeats: schedule.noOrphanSeats,
  }
}

/** The same with what each grade costs. */
export function scheduleDetailsJson({ grades, ...schedule }: ScheduleDetails): object {
  return { ...scheduleJson(schedule), grades }
}
