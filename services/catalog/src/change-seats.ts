import { requireVersion } from '@frontrow/idempotency/version-tag'
import { refuse } from '@frontrow/proto/refusals'
import type { CatalogContext } from './context.ts'
import { readSchedule } from './sql/schedules.ts'

/** Seats to take off sale, or to put back. */
export interface SeatsChange {
  scheduleId: number
  seatIds: readonly number[]
  status: 'BLOCKED' | 'AVAILABLE'
  /** Of the schedule, whose version goes up with its other changes and not with these. */
  ifMatch: string | undefined
}

/**
 * Has the reservation service, which decides who has a seat, block seats for the house or put them on sale again; returns those that
 * changed. Asking again changes nothing more, so it may be repeated where the answer was lost. Refuses with SCHEDULE_NOT_FOUND,
 * PRECONDITION_FAILED, SEAT_NOT_FOUND, SCHEDULE_NOT_CHANGEABLE or SEAT_TAKEN.
 */
export async function changeSeats(
  ctx: Pick<CatalogContext, 'pool' | 'now' | 'blockSeats' | 'unblockSeats'>,
  { scheduleId, seatIds, status, ifMatch }: SeatsChange,
): Promise<number[]> {
  const schedule = await readSchedule(ctx.pool, scheduleId)
  if (schedule === undefined) throw refuse('SCHEDULE_NOT_FOUND', `there is no schedule ${scheduleId}`)
  requireVersion(ifMatch, schedule.version)
  // The ids of a schedule's seats run from 1.
  const unknown = seatIds.filter((seatId) => seatId > schedule.seatCount)
  if (unknown.length > 0) {
    throw refuse('SEAT_NOT_FOUND', `the schedule has no seat ${unknown.join(', ')}`, {
      details: { seatIds: unknown },
    })
  }
  if (schedule.status === 'CANCELLED' || schedule.performanceAt <= ctx.now()) {
    throw refuse('SCHEDULE_NOT_CHANGEABLE', 'the schedule is cancelled or has begun, so its seats stay')
  }
  const change = status === 'BLOCKED' ? ctx.blockSeats : ctx.unblockSeats
  const { changedSeatIds } = await change({ scheduleId, seatIds: [...seatIds] })
  return changedSeatIds.toSorted((a, b) => a - b)
}
