import { refuse } from '@frontrow/proto/refusals'
import type { Context } from './context.ts'
import type { SeatLayout } from './schedules.ts'

/** Which seats somebody wants: these, or any so many. */
export type SeatChoice = { seatIds: readonly number[] } | { quantity: number; grade?: string | undefined }

/** What a hold asks for. */
export interface OfferQuestion {
  userId: string
  scheduleId: number
  queueToken: string
  choice: SeatChoice
}

/** Checks that this person may buy these seats of this schedule now, whoever has them; returns the seats on offer. */
export async function checkOffer(ctx: Context, question: OfferQuestion): Promise<SeatLayout> {
  const { userId, scheduleId, queueToken: token, choice } = question
  await ctx.verifyToken({ token, scheduleId, userId })
  const [schedule, layout] = await Promise.all([
    ctx.schedules.schedule(scheduleId),
    ctx.schedules.layout(scheduleId),
  ])
  const now = ctx.now().getTime()
  const isOpen = schedule.bookingOpenAtMs <= now && now < schedule.bookingCloseAtMs
  if (schedule.status !== 'ON_SALE' || !isOpen) throw notOpen(schedule.status)
  if ('seatIds' in choice) {
    const unknown = choice.seatIds.filter((seatId) => !layout.byId.has(seatId))
    if (unknown.length > 0) {
      throw refuse('SEAT_NOT_FOUND', `the schedule has no seat ${unknown.join(', ')}`, {
        details: { seatIds: unknown },
      })
    }
  }
  return layout
}

/** The refusal of a schedule that can't be booked. */
export function notOpen(status: string): Error {
  return refuse(
    'BOOKING_NOT_OPEN',
    status === 'ON_SALE' ? 'booking is not open now' : `the schedule is ${status}`,
  )
}
