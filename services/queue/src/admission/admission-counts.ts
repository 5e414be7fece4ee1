import { setTimeout as delay } from 'node:timers/promises'
import { isDatabaseOutage } from '@frontrow/postgres/errors'
import type { Queryable } from '@frontrow/postgres/pool'
import type { Logger } from '@frontrow/service-host/logger'
import { LRUCache } from 'lru-cache'

interface Counted {
  /** The last entry of the log that was looked at. */
  upTo: number
  admitted: number
  /** The room's log had no more entries at that moment. */
  isAll: boolean
}

/** How the counting is done; the defaults are for a service. */
export interface AdmissionCountsOptions {
  db: Queryable
  logger: Pick<Logger, 'warn'>
  /** How many entries one statement reads at most; so many take some 50 ms, far below the limit of a statement. */
  slice?: number
  /** How long an answer waits for the count. */
  waitMs?: number
}

const ROOMS_MAX = 5_000
const SLICE = 200_000
const WAIT_MS = 1_000

/**
 * How many people each room has ever let in. Each admission is an entry of the room's log, which only grows, so that what was counted
 * before stays so and only the new entries are read: nobody writes a counter. The first look at a long log takes a while; it goes on by
 * itself, slice by slice, and who asks meanwhile is told that the number is not known yet.
 */
export class AdmissionCounts {
  readonly #options: Required<AdmissionCountsOptions>
  readonly #counted = new LRUCache<number, Counted>({ maxSize: ROOMS_MAX, sizeCalculation: () => 1 })
  readonly #counting = new Map<number, Promise<number | null>>()

  constructor(options: AdmissionCountsOptions) {
    this.#options = { slice: SLICE, waitMs: WAIT_MS, ...options }
  }

  /**
   * Never fails, since a room must be steered and shown whatever this number is; null where it is not known. While PostgreSQL is away
   * nobody is let in, so the number stays what it was.
   */
  async of(scheduleId: number): Promise<number | null> {
    let counting = this.#counting.get(scheduleId)
    if (counting === undefined) {
      counting = this.#count(scheduleId).finally(() => this.#counting.delete(scheduleId))
      this.#counting.set(scheduleId, counting)
    }
    const waiting = new AbortController()
    const late = delay(this.#options.waitMs, null, { signal: waiting.signal }).catch(() => null)
    return Promise.race([counting, late]).finally(() => waiting.abort())
  }

  async #count(scheduleId: number): Promise<number | null> {
    try {
      for (;;) {
        const next = await this.#countOn(scheduleId, this.#counted.get(scheduleId) ?? NONE)
        this.#counted.set(scheduleId, next)
        if (next.isAll) return next.admitted
      }
    } catch (error) {
      if (!isDatabaseOutage(error)) {
        this.#options.logger.warn({ err: error, scheduleId }, 'the admissions of a room were not counted')
      }
      const before = this.#counted.get(scheduleId)
      return before?.isAll === true ? before.admitted : null
    }
  }

  /** The next slice. Begins anew where the log is shorter than what was counted: the database went back in time. */
  async #countOn(scheduleId: number, { upTo, admitted }: Counted): Promise<Counted> {
    const { db, slice } = this.#options
    const { rows } = await db.query<{ length: number; upTo: number; admitted: number }>({
      name: 'count-admissions',
      // The kind is asked beside the count, so that no index of admissions alone is read from its beginning.
      text: `SELECT r.log_length AS length, least(r.log_length, $2::bigint + $3::bigint) AS "upTo", (
               SELECT count(*) FILTER (WHERE kind = 'ADMITTED') FROM room_log
               WHERE schedule_id = $1 AND number > $2 AND number <= least(r.log_length, $2::bigint + $3::bigint)) AS admitted
             FROM rooms r WHERE schedule_id = $1`,
      values: [scheduleId, upTo, slice],
    })
    const row = rows[0]
    if (row === undefined) return { ...NONE, isAll: true }
    if (row.length < upTo) return NONE
    return { upTo: row.upTo, admitted: admitted + row.admitted, isAll: row.upTo === row.length }
  }
}

const NONE: Counted = { upTo: 0, admitted: 0, isAll: false }
