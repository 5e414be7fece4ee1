import type { Logger } from '@frontrow/service-host/logger'
import type { Pool } from '@frontrow/postgres/pool'
import type { Admission } from './sql/admissions.ts'
import { recordPlaceChanges } from './sql/room-places.ts'
import type { PlaceChange } from './sql/room-places.ts'

const BATCH_MAX = 2_000
const PENDING_MAX = 500_000
// A room that Redis has lost is built again from the rows after half a second (rebuild-room.ts). A change that is written later
// than this may be missing in it.
const LATE_MS = 300

/**
 * Writes what Redis decided into PostgreSQL: many changes in one UPDATE, a fraction of a second later. While PostgreSQL is away
 * the changes wait here, those of one place as one.
 */
export class PlaceChanges {
  readonly #pool: Pool
  readonly #logger: Logger
  readonly #onLate: (change: PlaceChange) => void
  #pending = new Map<string, PlaceChange>()
  /** When the oldest of the waiting changes was noted; milliseconds of `performance.now()`. */
  #notedAt = 0
  #flushing: Promise<void> | undefined
  #readmitted = 0

  /** `onLate` is told of changes that took long to be written. */
  constructor(pool: Pool, logger: Logger, onLate: (change: PlaceChange) => void = () => {}) {
    this.#pool = pool
    this.#logger = logger
    this.#onLate = onLate
  }

  /** How many people this process found to have been let in twice, because Redis had lost their first admission. */
  get readmitted(): number {
    return this.#readmitted
  }

  admitted(admission: Admission, untilMs: number): void {
    const { scheduleId, sequence } = admission
    this.#note({ scheduleId, sequence, admission, activeUntilMs: untilMs, endedAtMs: null })
  }

  extended(scheduleId: number, sequence: number, untilMs: number): void {
    this.#note({ scheduleId, sequence, admission: null, activeUntilMs: untilMs, endedAtMs: null })
  }

  ended(scheduleId: number, sequence: number, atMs: number): void {
    this.#note({ scheduleId, sequence, admission: null, activeUntilMs: null, endedAtMs: atMs })
  }

  /** Writes all waiting changes. Throws when PostgreSQL does not take them; they wait on for the next call. */
  async flush(): Promise<void> {
    this.#flushing ??= this.#write().finally(() => {
      this.#flushing = undefined
    })
    await this.#flushing
  }

  #note(change: PlaceChange): void {
    const key = `${change.scheduleId}:${change.sequence}`
    const before = this.#pending.get(key)
    if (before === undefined && this.#pending.size >= PENDING_MAX) {
      this.#logger.error(
        { ...change },
        'a change of a place was dropped: too many wait to be written to PostgreSQL',
      )
      return
    }
    if (this.#pending.size === 0) this.#notedAt = performance.now()
    this.#pending.set(key, before === undefined ? change : mergeChanges(before, change))
  }

  async #write(): Promise<void> {
    while (this.#pending.size > 0) {
      const [all, notedAt] = [this.#pending, this.#notedAt]
      this.#pending = new Map()
      const changes = [...all.values()]
      for (let from = 0; from < changes.length; from += BATCH_MAX) {
        const batch = changes.slice(from, from + BATCH_MAX)
        try {
          const { readmitted } = await recordPlaceChanges(this.#pool, batch)
          this.#readmitted += readmitted
          if (readmitted > 0) this.#logger.warn({ readmitted }, 'people were let in a second time')
        } catch (error) {
          this.#putBack(changes.slice(from), notedAt)
          throw error
        }
        if (performance.now() - notedAt > LATE_MS) for (const change of batch) this.#onLate(change)
      }
    }
  }

  #putBack(changes: readonly PlaceChange[], notedAt: number): void {
    this.#notedAt = notedAt
    for (const change of changes) {
      const key = `${change.scheduleId}:${change.sequence}`
      const newer = this.#pending.get(key)
      this.#pending.set(key, newer === undefined ? change : mergeChanges(change, newer))
    }
  }
}

/** Two changes of one place as one. */
export function mergeChanges(before: PlaceChange, after: PlaceChange): PlaceChange {
  const untilMs = Math.max(before.activeUntilMs ?? 0, after.activeUntilMs ?? 0)
  return {
    scheduleId: after.scheduleId,
    sequence: after.sequence,
    admission: before.admission ?? after.admission,
    activeUntilMs: untilMs === 0 ? null : untilMs,
    endedAtMs: before.endedAtMs ?? after.endedAtMs,
  }
}
