import { isRefusal } from '@frontrow/proto/refusals'
import { shownStatus } from '@frontrow/proto/show-phases'
import type { Schedule__Output as Schedule } from '@frontrow/proto/gen/frontrow/catalog/v1/Schedule'
import type { Context } from './context.ts'
import { listCancelled } from './sql/cancelled-schedules.ts'

/** What answers tell of the show that seats are for. */
export interface ShowJson {
  concertId: number
  concertTitle: string
  venueId: number
  venueName: string
  performanceAt: string
  timeZone: string
  /** As the catalog shows it: booking that has closed by the clock is CLOSED. */
  status: 'ON_SALE' | 'CLOSED' | 'CANCELLED'
}

type ShowContext = Pick<Context, 'schedules' | 'pool' | 'now'>

/** The show of a schedule; null where the catalog, which knows it, does not answer: what the answer is about is good all the same. */
export async function showIfKnown(ctx: ShowContext, scheduleId: number): Promise<ShowJson | null> {
  return (await showsIfKnown(ctx, [scheduleId])).get(scheduleId) ?? null
}

/** The same for several schedules; those that are not known are left out. */
export async function showsIfKnown(
  { schedules, pool, now }: ShowContext,
  scheduleIds: readonly number[],
): Promise<Map<number, ShowJson>> {
  const distinct = [...new Set(scheduleIds)]
  const [cancelled, known] = await Promise.all([
    // While the catalog is away, what it said of a show may be five minutes old. That it was cancelled is known here too.
    listCancelled(pool, distinct),
    Promise.all(distinct.map((scheduleId) => scheduleIfKnown(schedules, scheduleId))),
  ])
  const nowMs = now().getTime()
  return new Map(
    known.flatMap((schedule): [number, ShowJson][] => {
      if (schedule === undefined) return []
      const { scheduleId } = schedule
      const status = cancelled.has(scheduleId) ? 'CANCELLED' : shownStatus(schedule, nowMs)
      return [[scheduleId, toShowJson(schedule, status)]]
    }),
  )
}

async function scheduleIfKnown(
  schedules: ShowContext['schedules'],
  scheduleId: number,
): Promise<Schedule | undefined> {
  try {
    return await schedules.schedule(scheduleId)
  } catch (error) {
    if (!isRefusal(error)) throw error
    return undefined
  }
}

function toShowJson(schedule: Schedule, status: ShowJson['status']): ShowJson {
  return {
    concertId: schedule.concertId,
    concertTitle: schedule.concertTitle,
    venueId: schedule.venueId,
    venueName: schedule.venueName,
    performanceAt: new Date(schedule.performanceAtMs).toISOString(),
    timeZone: schedule.timeZone,
    status,
  }
}
