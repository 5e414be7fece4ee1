import type { Queryable } from '@frontrow/postgres/pool'
import { Batcher } from '@frontrow/service-host/batcher'
import { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import { countReserved } from './sql/reserved-seats.ts'

const FRESH_MS = 1_000
const SCHEDULES_MAX = 10_000
const COUNTED_TOGETHER_MAX = 1_000

/** Seats left of one schedule, counted now, for the answer to a change in the same transaction. */
export async function countSeatsLeft(
  db: Queryable,
  { scheduleId, seatCount }: { scheduleId: number; seatCount: number },
): Promise<number> {
  const reserved = await countReserved(db, [scheduleId])
  return Math.max(0, seatCount - (reserved.get(scheduleId) ?? 0))
}

/**
 * Seats left by schedule, counted from reservation events. The numbers are approximate, since events take a moment to arrive and
 * a count is kept for a second. All schedules of a list are counted by one statement, which a crowd shares.
 */
export class SeatsLeft {
  readonly #reserved: CoalescedCache<number, number>

  constructor(db: Queryable) {
    const counts = new Batcher<'all', number, number>({
      batchMax: COUNTED_TOGETHER_MAX,
      send: async (_all, scheduleIds) => {
        const reserved = await countReserved(db, scheduleIds)
        return scheduleIds.map((scheduleId) => reserved.get(scheduleId) ?? 0)
      },
    })
    this.#reserved = new CoalescedCache({
      load: (scheduleId) => counts.add('all', scheduleId),
      freshMs: FRESH_MS,
      max: SCHEDULES_MAX,
    })
  }

  /** Seats left of each schedule, in the same order. */
  of(schedules: readonly { scheduleId: number; seatCount: number }[]): Promise<number[]> {
    return Promise.all(
      schedules.map(async ({ scheduleId, seatCount }) =>
        Math.max(0, seatCount - (await this.#reserved.get(scheduleId))),
      ),
    )
  }
}
