import type { Queryable } from '@frontrow/postgres/pool'
import { LRUCache } from 'lru-cache'
import { countReserved } from './sql/reserved-seats.ts'

const MAX_AGE_MS = 1_000
const SCHEDULES_MAX = 10_000

/**
 * Seats in live reservations by schedule, as the reservation events told us: approximate by design, a second old at
 * most on top. All schedules of a list are counted by one statement, and a crowd shares it.
 */
export class SeatsLeft {
  readonly #db: Queryable
  readonly #known = new LRUCache<number, { reserved: Promise<number>; until: number }>({ max: SCHEDULES_MAX })

  constructor(db: Queryable) {
    this.#db = db
  }

  /** Seats left of each schedule, in the same order. */
  async of(schedules: readonly { scheduleId: number; seatCount: number }[]): Promise<number[]> {
    const now = Date.now()
    const missing = schedules
      .map(({ scheduleId }) => scheduleId)
      .filter((scheduleId) => (this.#known.get(scheduleId)?.until ?? 0) <= now)
    if (missing.length > 0) this.#load(missing, now)
    return Promise.all(
      schedules.map(async ({ scheduleId, seatCount }) => {
        const reserved = (await this.#known.get(scheduleId)?.reserved) ?? 0
        return Math.max(0, seatCount - reserved)
      }),
    )
  }

  #load(scheduleIds: readonly number[], now: number): void {
    const counted = countReserved(this.#db, scheduleIds)
    for (const scheduleId of scheduleIds) {
      const reserved = counted.then((counts) => counts.get(scheduleId) ?? 0)
      const entry = { reserved, until: now + MAX_AGE_MS }
      this.#known.set(scheduleId, entry)
      reserved.catch(() => {
        if (this.#known.get(scheduleId) === entry) this.#known.delete(scheduleId)
      })
    }
  }
}
