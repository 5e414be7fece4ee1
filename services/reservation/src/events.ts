import type { Logger } from '@frontrow/service-host/logger'
import type { HostMetrics } from '@frontrow/service-host/metrics'
import { Counter } from 'prom-client'
import type { CancelReason, ReservationFacts } from './reservation.ts'

/** Counts and logs what happens to reservations. Call it after the commit. */
export interface ReservationCounters {
  held(reservation: ReservationFacts): void
  holdRefused(code: string): void
  refreshed(reservation: ReservationFacts): void
  confirmed(reservation: ReservationFacts): void
  confirmRefused(reservationId: string, paymentId: string, reason: string): void
  cancelled(reservations: readonly ReservationFacts[], reason: CancelReason): void
  expired(reservations: readonly ReservationFacts[], how: 'swept' | 'taken-over'): void
  refunded(paymentId: string): void
  checkedIn(ticket: { reservationId: string; scheduleId: number; seatId: number }): void
}

/** Counters on the service's registry. Single reservations are logged at debug: an on-sale makes thousands a second. */
export function countReservations(metrics: HostMetrics, logger: Logger): ReservationCounters {
  const registers = [metrics.registry]
  const changes = new Counter({
    name: 'reservation_changes_total',
    help: 'Reservations that were held, refreshed, confirmed, cancelled, refunded or expired',
    labelNames: ['change', 'reason'] as const,
    registers,
  })
  const seats = new Counter({
    name: 'reservation_seats_total',
    help: 'Seats of those reservations',
    labelNames: ['change'] as const,
    registers,
  })
  const refusals = new Counter({
    name: 'reservation_refusals_total',
    help: 'Holds and confirmations that were refused, by reason',
    labelNames: ['what', 'reason'] as const,
    registers,
  })
  const checkIns = new Counter({
    name: 'reservation_check_ins_total',
    help: 'Tickets that were admitted at a door',
    registers,
  })
  const count = (change: string, reason: string, reservations: readonly ReservationFacts[]): void => {
    if (reservations.length === 0) return
    changes.inc({ change, reason }, reservations.length)
    seats.inc(
      { change },
      reservations.reduce((sum, reservation) => sum + reservation.seatIds.length, 0),
    )
    for (const reservation of reservations) logger.debug({ ...reservation, reason }, `reservation ${change}`)
  }
  return {
    held: (reservation) => count('held', '', [reservation]),
    holdRefused: (code) => refusals.inc({ what: 'hold', reason: code }),
    refreshed: (reservation) => count('refreshed', '', [reservation]),
    confirmed: (reservation) => count('confirmed', '', [reservation]),
    confirmRefused: (reservationId, paymentId, reason) => {
      refusals.inc({ what: 'confirm', reason })
      logger.info({ reservationId, paymentId, reason }, 'confirmation refused')
    },
    cancelled: (reservations, reason) => count('cancelled', reason, reservations),
    expired: (reservations, how) => count('expired', how, reservations),
    refunded: (paymentId) => {
      changes.inc({ change: 'refunded', reason: '' })
      logger.debug({ paymentId }, 'reservation refunded')
    },
    checkedIn: (ticket) => {
      checkIns.inc()
      logger.debug(ticket, 'ticket checked in')
    },
  }
}
