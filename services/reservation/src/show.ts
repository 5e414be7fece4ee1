import { isRefusal } from '@frontrow/proto/refusals'
import type { Schedule__Output as Schedule } from '@frontrow/proto/gen/frontrow/catalog/v1/Schedule'
import { scheduleStatus } from '@frontrow/proto/values'
import type { Context } from './context.ts'

/** What answers tell of the show that seats are for. */
export interface ShowJson {
  concertId: number
  concertTitle: string
  venueId: number
  venueName: string
  performanceAt: string
  timeZone: string
  status: 'ON_SALE' | 'CLOSED' | 'CANCELLED'
}

/** The show of a schedule; null where the catalog, which knows it, does not answer: what the answer is about is good all the same. */
export async function showIfKnown(
  { schedules }: Pick<Context, 'schedules'>,
  scheduleId: number,
): Promise<ShowJson | null> {
  try {
    return toShowJson(await schedules.schedule(scheduleId))
  } catch (error) {
    if (!isRefusal(error)) throw error
    return null
  }
}

function toShowJson(schedule: Schedule): ShowJson {
  // A status of a newer catalog counts as CLOSED, as for everything else that asks.
  const status = scheduleStatus.safeParse(schedule.status)
  return {
    concertId: schedule.concertId,
    concertTitle: schedule.concertTitle,
    venueId: schedule.venueId,
    venueName: schedule.venueName,
    performanceAt: new Date(schedule.performanceAtMs).toISOString(),
    timeZone: schedule.timeZone,
    status: status.success ? status.data : 'CLOSED',
  }
}
