import type { z } from 'zod'
import type { RefusalCode } from './refusals.ts'
import type { scheduleStatus } from './values.ts'

/** What decides where a show is in its life. Milliseconds since the epoch. */
export interface ShowTimes {
  /** ON_SALE, CLOSED or CANCELLED; a status of a newer version counts as CLOSED. */
  status: string
  bookingOpenAtMs: number
  bookingCloseAtMs: number
  performanceAtMs: number
}

/** Where a show is in its life. CANCELLED goes before all others: its money is given back whenever that happens. */
export type ShowPhase = 'NOT_OPEN' | 'OPEN' | 'CLOSED' | 'CANCELLED' | 'BEGUN'

/** What somebody wants to do about a show. A hold is released; what is paid is refunded. */
export type ShowAction =
  'join' | 'hold' | 'refresh' | 'pay' | 'releaseByBuyer' | 'refundByBuyer' | 'refundByAdmin' | 'cancelShow'

/**
 * What is allowed when: true, or the code of the refusal. Who holds seats when booking closes may still pay, refresh the hold as often as
 * the settings allow, and give the seats back, until the show begins. The waiting room may open before booking does (`waitingRoomOpenAt`): then
 * its people wait. A payment that began before the show did goes on to its end, whenever that is.
 */
export const allowedWhen: Readonly<Record<ShowAction, Readonly<Record<ShowPhase, true | RefusalCode>>>> = {
  join: {
    NOT_OPEN: 'BOOKING_NOT_OPEN',
    OPEN: true,
    CLOSED: 'BOOKING_NOT_OPEN',
    CANCELLED: 'BOOKING_NOT_OPEN',
    BEGUN: 'BOOKING_NOT_OPEN',
  },
  hold: {
    NOT_OPEN: 'BOOKING_NOT_OPEN',
    OPEN: true,
    CLOSED: 'BOOKING_NOT_OPEN',
    CANCELLED: 'BOOKING_NOT_OPEN',
    BEGUN: 'BOOKING_NOT_OPEN',
  },
  refresh: {
    NOT_OPEN: true,
    OPEN: true,
    CLOSED: true,
    CANCELLED: 'RESERVATION_NOT_REFRESHABLE',
    BEGUN: 'RESERVATION_NOT_REFRESHABLE',
  },
  pay: {
    NOT_OPEN: true,
    OPEN: true,
    CLOSED: true,
    CANCELLED: 'RESERVATION_NOT_PAYABLE',
    BEGUN: 'RESERVATION_NOT_PAYABLE',
  },
  releaseByBuyer: { NOT_OPEN: true, OPEN: true, CLOSED: true, CANCELLED: true, BEGUN: true },
  refundByBuyer: {
    NOT_OPEN: true,
    OPEN: true,
    CLOSED: true,
    CANCELLED: true,
    BEGUN: 'RESERVATION_NOT_CANCELLABLE',
  },
  refundByAdmin: { NOT_OPEN: true, OPEN: true, CLOSED: true, CANCELLED: true, BEGUN: true },
  cancelShow: { NOT_OPEN: true, OPEN: true, CLOSED: true, CANCELLED: true, BEGUN: true },
}

/** Where a show is in its life at a moment. Each phase begins at its time and ends before the next one's. */
export function phaseOf(show: ShowTimes, nowMs: number): ShowPhase {
  if (show.status === 'CANCELLED') return 'CANCELLED'
  if (nowMs >= show.performanceAtMs) return 'BEGUN'
  if (show.status !== 'ON_SALE' || nowMs >= show.bookingCloseAtMs) return 'CLOSED'
  return nowMs < show.bookingOpenAtMs ? 'NOT_OPEN' : 'OPEN'
}

/** The status that people are shown: booking that has closed by the clock is CLOSED. */
export function shownStatus(show: ShowTimes, nowMs: number): z.output<typeof scheduleStatus> {
  const phase = phaseOf(show, nowMs)
  if (phase === 'CANCELLED') return 'CANCELLED'
  return phase === 'CLOSED' || phase === 'BEGUN' ? 'CLOSED' : 'ON_SALE'
}

const reasons: Readonly<Record<ShowPhase, string>> = {
  NOT_OPEN: 'booking is not open yet',
  OPEN: 'booking is open',
  CLOSED: 'booking has closed',
  CANCELLED: 'the show is cancelled',
  BEGUN: 'the show has begun',
}

/** Why an action is not allowed in a phase, for people. */
export function reasonOf(phase: ShowPhase): string {
  return reasons[phase]
}
