import { refuse } from '@frontrow/proto/refusals'
import type { BestAvailableWish } from './best-available.ts'
import { checkShowAllows } from './check-show.ts'
import type { Context } from './context.ts'
import type { SeatLayout } from './seat-layout.ts'

/** Which seats somebody wants: named ones, or any `quantity` of them. */
export type SeatChoice = { seatIds: readonly number[] } | BestAvailableChoice

/** Any so many seats. Their price is no part of the choice, but of what the buyer saw. */
export type BestAvailableChoice = Omit<BestAvailableWish, 'price'>

/** Who wants which seats of a schedule. */
export interface SeatRequest {
  userId: string
  scheduleId: number
  queueToken: string
  choice: SeatChoice
}

/** What a person may choose from, and the place in the waiting room that lets them. */
export interface Offer {
  layout: SeatLayout
  /** Whether a choice that leaves single seats is refused. */
  noOrphanSeats: boolean
  /** Null when an instance of an older version of the queue service answered, which does not tell it. */
  queueSequence: number | null
}

/** Checks that this person may buy such seats of the schedule now, taken or not; returns all seats of the schedule. */
export async function checkOffer(
  ctx: Pick<Context, 'verifyToken' | 'schedules' | 'now'>,
  request: SeatRequest,
): Promise<Offer> {
  const { userId, scheduleId, queueToken: token, choice } = request
  const { sequence } = await ctx.verifyToken({ token, scheduleId, userId })
  const [schedule, layout] = await Promise.all([
    ctx.schedules.schedule(scheduleId),
    ctx.schedules.layout(scheduleId),
  ])
  checkShowAllows('hold', schedule, ctx.now())
  checkSeatsExist(layout, choice)
  return {
    layout,
    noOrphanSeats: schedule.noOrphanSeats,
    queueSequence: sequence > 0 ? sequence : null,
  }
}

function checkSeatsExist(layout: SeatLayout, choice: SeatChoice): void {
  if ('seatIds' in choice) {
    const unknown = choice.seatIds.filter((seatId) => layout.seat(seatId) === undefined)
    if (unknown.length === 0) return
    throw refuse('SEAT_NOT_FOUND', `the schedule has no seat ${unknown.join(', ')}`, {
      details: { seatIds: unknown },
    })
  }
  const { grade, section } = choice
  if (layout.pricesOf({ grade, section }).length > 0) return
  const kind = [
    grade === undefined ? [] : `grade ${grade}`,
    section === undefined ? [] : `section ${section}`,
  ]
  throw refuse('SEAT_NOT_FOUND', `the schedule has no seats of ${kind.flat().join(' and ')}`, {
    details: { grade, section },
  })
}
