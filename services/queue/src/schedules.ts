import type { Schedule__Output as Schedule } from '@frontrow/proto/gen/frontrow/catalog/v1/Schedule'
import { isRefusal, refuse } from '@frontrow/proto/refusals'
import { allowedWhen, phaseOf } from '@frontrow/proto/show-phases'
import { CoalescedCache } from '@frontrow/service-host/coalesced-cache'

/** When a schedule's waiting room takes people, and when it lets them in. Milliseconds since the epoch. */
export interface OnSale {
  roomOpensAtMs: number
  opensAtMs: number
  endsAtMs: number
  status: string
}

/** Schedules as the catalog has them, at most 2 s old; older while the catalog is away. */
export type Schedules = CoalescedCache<number, OnSale>

const FRESH_MS = 2_000
const SCHEDULES_MAX = 10_000

/** The cache over the catalog's GetSchedule. */
export function createSchedules(getSchedule: (scheduleId: number) => Promise<Schedule>): Schedules {
  return new CoalescedCache({
    load: async (scheduleId: number) => toOnSale(await getSchedule(scheduleId)),
    freshMs: FRESH_MS,
    max: SCHEDULES_MAX,
    keepsStale: (error) => !isRefusal(error, 'SCHEDULE_NOT_FOUND'),
  })
}

function toOnSale(schedule: Schedule): OnSale {
  return {
    roomOpensAtMs: schedule.waitingRoomOpenAtMs > 0 ? schedule.waitingRoomOpenAtMs : schedule.bookingOpenAtMs,
    opensAtMs: schedule.bookingOpenAtMs,
    endsAtMs: schedule.bookingCloseAtMs,
    status: schedule.status,
  }
}

/** Refuses with BOOKING_NOT_OPEN unless the waiting room takes people now. */
export function requireRoomOpen(onSale: OnSale, nowMs: number): void {
  const { status, roomOpensAtMs, opensAtMs, endsAtMs } = onSale
  // No show begins before its booking has closed, and after that nobody may join.
  const window = { bookingOpenAtMs: opensAtMs, bookingCloseAtMs: endsAtMs, performanceAtMs: endsAtMs }
  const phase = phaseOf({ status, ...window }, nowMs)
  const refusal = allowedWhen.join[phase]
  if (refusal === true) return
  if (status !== 'ON_SALE') throw refuse(refusal, 'this schedule is not on sale')
  if (phase !== 'NOT_OPEN') throw refuse(refusal, 'the on-sale has ended')
  // The room may open before booking does.
  if (nowMs >= roomOpensAtMs) return
  throw refuse(refusal, 'the waiting room is not open yet', {
    details: { opensAt: new Date(roomOpensAtMs).toISOString() },
  })
}

/** The time in which people are let in; empty while the schedule is not on sale. */
export function admissionWindow(onSale: OnSale): { opensAtMs: number; endsAtMs: number } {
  if (onSale.status !== 'ON_SALE') return { opensAtMs: 0, endsAtMs: 0 }
  return { opensAtMs: onSale.opensAtMs, endsAtMs: onSale.endsAtMs }
}

/** Whether nobody will ever be let in again. A CLOSED schedule can be put on sale again, so its people keep waiting. */
export function isOver(onSale: OnSale, nowMs: number): boolean {
  return onSale.status === 'CANCELLED' || nowMs >= onSale.endsAtMs
}

/**
 * When people are let in from, as far as it is known without waiting; 0 where the schedule can't be read, because whoever asks
 * how a room is gets an answer also while the catalog is away. Refuses with SCHEDULE_NOT_FOUND where the catalog knows of none.
 */
export async function knownOpening(schedules: Schedules, scheduleId: number): Promise<number> {
  try {
    return admissionWindow(await schedules.atHand(scheduleId)).opensAtMs
  } catch (error) {
    if (isRefusal(error, 'SCHEDULE_NOT_FOUND')) throw error
    return 0
  }
}
