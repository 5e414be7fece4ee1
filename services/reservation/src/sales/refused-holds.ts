import type { Pool } from '@frontrow/postgres/pool'
import { addRefusals } from '../sql/sales.ts'
import type { RefusalCount } from '../sql/sales.ts'

/**
 * Refusals that are counted: what people met who were let in and asked for seats of a schedule that there is. The others (a token that
 * is not good, a schedule that nobody knows) would let anybody fill the table.
 */
export const countedRefusals = [
  'BOOKING_NOT_OPEN',
  'SEAT_NOT_FOUND',
  'SEAT_TAKEN',
  'SEAT_LIMIT_EXCEEDED',
  'RELEASE_LIMIT_EXCEEDED',
  'PRICE_CHANGED',
  'ORPHAN_SEAT',
] as const

const counted: ReadonlySet<string> = new Set(countedRefusals)

/**
 * Counts refused holds in memory and stores them together, so that a refusal costs no statement. What is not stored yet when the process is
 * killed is lost; a stop stores it. Where it is not known whether PostgreSQL has stored a batch, it is stored again, and may count twice.
 */
export class RefusedHolds {
  readonly #pool: Pool
  #counts = new Map<string, RefusalCount>()

  constructor(pool: Pool) {
    this.#pool = pool
  }

  /** Counts one refusal, unless its code is not one that is counted. */
  note(scheduleId: number, code: string, refused = 1): void {
    if (!counted.has(code)) return
    const key = `${scheduleId} ${code}`
    const known = this.#counts.get(key)
    if (known === undefined) this.#counts.set(key, { scheduleId, code, refused })
    else known.refused += refused
  }

  /** Adds to the stored counts what was counted since the last time. */
  async store(): Promise<void> {
    if (this.#counts.size === 0) return
    const counts = [...this.#counts.values()]
    this.#counts = new Map()
    try {
      await addRefusals(this.#pool, counts)
    } catch (error) {
      for (const { scheduleId, code, refused } of counts) this.note(scheduleId, code, refused)
      throw error
    }
  }
}
