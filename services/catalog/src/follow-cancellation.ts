import type { CancellationProgress__Output as CancellationProgress } from '@frontrow/proto/gen/frontrow/reservation/v1/CancellationProgress'
import { isRefusal } from '@frontrow/proto/refusals'
import type { CatalogContext } from './context.ts'
import type { Schedule } from './sql/schedules.ts'

/** How far a schedule that will not take place is. */
export interface Cancellation {
  /** Those that are cancelled with it, and those that still are to be. A hold that runs out before its turn is in neither. */
  reservations: number
  /** Of these, those that are cancelled by now. */
  cancelled: number
  /** Of the cancelled ones that were paid: the money is on its way back, and is back. */
  refundsPending: number
  refunded: number
}

/**
 * Asks the reservation service, which cancels reservations and hears of each refund, how far it is. Null of a schedule that is not
 * cancelled, and while the reservation service can't be asked: the schedule is shown all the same.
 */
export async function followCancellation(
  ctx: Pick<CatalogContext, 'getCancellationProgress'>,
  { scheduleId, status }: Pick<Schedule, 'scheduleId' | 'status'>,
): Promise<Cancellation | null> {
  if (status !== 'CANCELLED') return null
  try {
    return toCancellation(await ctx.getCancellationProgress({ scheduleId }))
  } catch (error) {
    if (isRefusal(error) && error.http >= 500) return null
    throw error
  }
}

function toCancellation(progress: CancellationProgress): Cancellation {
  const { live, cancelled, refundsPending, refunded } = progress
  return { reservations: live + cancelled, cancelled, refundsPending, refunded }
}
