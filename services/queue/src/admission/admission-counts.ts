import { isDatabaseOutage } from '@frontrow/postgres/errors'
import type { Queryable } from '@frontrow/postgres/pool'
import { LRUCache } from 'lru-cache'

interface Counted {
  /** The last entry of the log that was looked at. */
  upTo: number
  admitted: number
}

const ROOMS_MAX = 5_000

/**
 * How many people each room has ever let in. Each admission is an entry of the room's log, which only grows, so that what was counted
 * before stays so and only the new entries are read: nobody writes a counter, and the first look at a room with a million entries takes
 * longer than the others.
 */
export class AdmissionCounts {
  readonly #db: Queryable
  readonly #counted = new LRUCache<number, Counted>({ maxSize: ROOMS_MAX, sizeCalculation: () => 1 })

  constructor(db: Queryable) {
    this.#db = db
  }

  /** While PostgreSQL is away nobody is let in, so the number stays what it was. Fails where this process has not counted before. */
  async of(scheduleId: number): Promise<number> {
    const before = this.#counted.get(scheduleId) ?? { upTo: 0, admitted: 0 }
    try {
      const counted =
        (await this.#countOn(scheduleId, before)) ?? (await this.#countOn(scheduleId, NONE)) ?? NONE
      this.#counted.set(scheduleId, counted)
      return counted.admitted
    } catch (error) {
      if (before.upTo === 0 || !isDatabaseOutage(error)) throw error
      return before.admitted
    }
  }

  /** Undefined where the log is shorter than what was counted: the database went back in time. */
  async #countOn(scheduleId: number, { upTo, admitted }: Counted): Promise<Counted | undefined> {
    const { rows } = await this.#db.query<Counted>({
      name: 'count-admissions',
      // The kind is asked beside the count, so that no index of admissions alone is read from its beginning.
      text: `SELECT r.log_length AS "upTo", (
               SELECT count(*) FILTER (WHERE kind = 'ADMITTED') FROM room_log
               WHERE schedule_id = $1 AND number > $2 AND number <= r.log_length) AS admitted
             FROM rooms r WHERE schedule_id = $1`,
      values: [scheduleId, upTo],
    })
    const row = rows[0] ?? NONE
    return row.upTo < upTo ? undefined : { upTo: row.upTo, admitted: admitted + row.admitted }
  }
}

const NONE: Counted = { upTo: 0, admitted: 0 }
