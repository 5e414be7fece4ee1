import type { Schedule__Output as Schedule } from '@frontrow/proto/gen/frontrow/catalog/v1/Schedule'
import { isRefusal, refuse } from '@frontrow/proto/refusals'
import { allowedWhen, phaseOf, reasonOf } from '@frontrow/proto/show-phases'
import type { ShowAction, ShowTimes } from '@frontrow/proto/show-phases'
import type { Refusal } from '@frontrow/refusals/refusal'
import type { Context } from './context.ts'

type Shows = Pick<Context, 'schedules' | 'now'>

/** Refuses what the show does not allow at this moment, with the code of the table `allowedWhen` and the show's times as details. */
export function checkShowAllows(
  action: ShowAction,
  schedule: Pick<Schedule, keyof ShowTimes>,
  now: Date,
): void {
  const phase = phaseOf(schedule, now.getTime())
  const allowed = allowedWhen[action][phase]
  if (allowed === true) return
  throw refuse(allowed, reasonOf(phase), {
    details: {
      phase,
      bookingOpenAt: new Date(schedule.bookingOpenAtMs).toISOString(),
      bookingCloseAt: new Date(schedule.bookingCloseAtMs).toISOString(),
      performanceAt: new Date(schedule.performanceAtMs).toISOString(),
    },
  })
}

/** Refuses a refund that a buyer asks for when the time for it is over. A cancelled show gives all money back. */
function checkRefundable(
  schedule: Pick<Schedule, 'status' | 'refundableUntilMs' | 'performanceAtMs'>,
  now: Date,
): void {
  const { status, refundableUntilMs, performanceAtMs } = schedule
  if (status === 'CANCELLED' || refundableUntilMs === 0 || now.getTime() < refundableUntilMs) return
  const refundableUntil = new Date(refundableUntilMs).toISOString()
  throw refuse('NOT_REFUNDABLE', `what is paid could be given back until ${refundableUntil}`, {
    details: { refundableUntil, performanceAt: new Date(performanceAtMs).toISOString() },
  })
}

/**
 * As `checkShowAllows`, for a schedule that has to be looked up; nobody is asked about what is always allowed. Refuses with UNAVAILABLE where
 * nobody knows when the show is.
 */
export async function checkAllowed(ctx: Shows, action: ShowAction, scheduleId: number): Promise<void> {
  if (Object.values(allowedWhen[action]).every((allowed) => allowed === true)) return
  const schedule = await ctx.schedules.schedule(scheduleId)
  const now = ctx.now()
  // It goes first: who could not have cancelled before the show either is told so.
  if (action === 'refundByBuyer') checkRefundable(schedule, now)
  checkShowAllows(action, schedule, now)
}

/**
 * Why the show does not allow this now; null where it does, and where nobody knows when the show is, because the catalog has been away for
 * long. A live hold is the right to pay, it ends within minutes, and a sale must not stop with the catalog.
 */
export async function refusalNow(
  ctx: Shows,
  action: ShowAction,
  scheduleId: number,
): Promise<Refusal | null> {
  try {
    await checkAllowed(ctx, action, scheduleId)
    return null
  } catch (error) {
    if (!isRefusal(error)) throw error
    return error.http >= 500 ? null : error
  }
}
