import { refuse } from '@frontrow/proto/refusals'
import { checkShowAllows } from './check-show.ts'
import type { Context } from './context.ts'
import type { SeatLayout } from './seat-layout.ts'

/** Which seats somebody wants: named ones, or any `quantity` of them. */
export type SeatChoice = { seatIds: readonly number[] } | { quantity: number; grade?: string | undefined }

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
  if ('seatIds' in choice) {
    const unknown = choice.seatIds.filter((seatId) => layout.seat(seatId) === undefined)
    if (unknown.length > 0) {
      throw refuse('SEAT_NOT_FOUND', `the schedule has no seat ${unknown.join(', ')}`, {
        details: { seatIds: unknown },
      })
    }
  }
  return { layout, queueSequence: sequence > 0 ? sequence : null }
}
