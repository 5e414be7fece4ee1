import type { Logger } from '@frontrow/service-host/logger'
import { Counter, Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import type { NewConcert } from './sql/concerts.ts'
import type { ScheduleStatus } from './sql/schedules.ts'
import type { NewVenue } from './sql/venues.ts'

/** What happens in the catalog, counted and logged. */
export interface CatalogEvents {
  venueCreated(venueId: number): void
  venueChanged(venueId: number, change: Partial<NewVenue>): void
  concertCreated(concertId: number): void
  concertChanged(concertId: number, change: Partial<NewConcert>): void
  scheduleCreated(schedule: { scheduleId: number; concertId: number; seatCount: number }): void
  scheduleStatusChanged(change: { scheduleId: number; from: ScheduleStatus; to: ScheduleStatus }): void
  scheduleMoved(change: { scheduleId: number; moved: readonly string[] }): void
  seatsAdded(change: { scheduleId: number; seatCount: number }): void
  seatMapAnswered(status: 200 | 304): void
  takenSeatsAsked(): void
  seatsLeftCorrected(scheduleId: number, reservations: number): void
  streams(open: number): void
  slowReaderDropped(): void
}

/** Registers the business counters of this service. */
export function createEvents(registry: Registry, logger: Logger): CatalogEvents {
  const registers = [registry]
  const created = new Counter({
    name: 'catalog_created_total',
    help: 'Venues, concerts and schedules created',
    labelNames: ['what'] as const,
    registers,
  })
  const statusChanges = new Counter({
    name: 'catalog_schedule_status_changes_total',
    help: 'Schedules whose status was changed, by the new one',
    labelNames: ['status'] as const,
    registers,
  })
  const seatMaps = new Counter({
    name: 'catalog_seat_maps_total',
    help: 'Seat maps answered, whole (200) or as unchanged (304)',
    labelNames: ['status'] as const,
    registers,
  })
  const takenSeats = new Counter({
    name: 'catalog_taken_seats_asked_total',
    help: 'Times the reservation service was asked for taken seats',
    registers,
  })
  const corrections = new Counter({
    name: 'catalog_seats_left_corrections_total',
    help: 'Reservations that the reservation service told before their events did',
    registers,
  })
  const streams = new Gauge({
    name: 'catalog_seat_event_streams',
    help: 'Readers of seat events connected now',
    registers,
  })
  const dropped = new Counter({
    name: 'catalog_seat_event_readers_dropped_total',
    help: 'Readers of seat events cut off because they did not keep up',
    registers,
  })
  return {
    venueCreated(venueId) {
      created.inc({ what: 'venue' })
      logger.info({ venueId }, 'venue created')
    },
    venueChanged(venueId, change) {
      logger.info({ venueId, change }, 'venue changed')
    },
    concertCreated(concertId) {
      created.inc({ what: 'concert' })
      logger.info({ concertId }, 'concert created')
    },
    concertChanged(concertId, change) {
      logger.info({ concertId, change }, 'concert changed')
    },
    scheduleCreated(schedule) {
      created.inc({ what: 'schedule' })
      logger.info(schedule, 'schedule created')
    },
    scheduleStatusChanged(change) {
      statusChanges.inc({ status: change.to })
      logger.info(change, 'schedule status changed')
    },
    scheduleMoved(change) {
      logger.info(change, 'schedule moved')
    },
    seatsAdded(change) {
      logger.info(change, 'seats added to a schedule')
    },
    seatMapAnswered: (status) => seatMaps.inc({ status }),
    takenSeatsAsked: () => takenSeats.inc(),
    seatsLeftCorrected(scheduleId, reservations) {
      corrections.inc(reservations)
      logger.info({ scheduleId, reservations }, 'seats left were put right by the reservation service')
    },
    streams: (open) => streams.set(open),
    slowReaderDropped: () => dropped.inc(),
  }
}
