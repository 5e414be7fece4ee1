import { isRefusal, refuse } from '@frontrow/proto/refusals'
import { generalRefusal } from '@frontrow/refusals/general-refusals'
import { LRUCache } from 'lru-cache'
import type { OnSale, Schedules } from './schedules.ts'

/** How long it is remembered that there is no such schedule, or that the catalog did not say. */
const REMEMBERED_MS = 3_000
const REMEMBERED_MAX = 10_000
/** So many unknown schedules are looked up in a second, and at once, by each instance. */
const LOOK_UPS_A_SECOND = 50

/**
 * Schedules as somebody without a token may look them up. One that is not known costs a call of the catalog and its database, so that whoever
 * invents numbers could keep both busy: only so many unknown ones are looked up in a second. Those that are known have no limit.
 */
export class StrangersLookups {
  readonly #schedules: Schedules
  readonly #now: () => number
  readonly #lookedUp = new LRUCache<number, { isMissing: boolean; untilMs: number }>({ max: REMEMBERED_MAX })
  readonly #inWork = new Map<number, Promise<OnSale>>()
  /** When all look-ups would have come at an even rate. */
  #paidUntilMs = -Infinity

  constructor(schedules: Schedules, now: () => number = () => performance.now()) {
    this.#schedules = schedules
    this.#now = now
  }

  /** Refuses with SCHEDULE_NOT_FOUND, and with UNAVAILABLE where the catalog does not answer or too many unknown ones are asked for. */
  async get(scheduleId: number): Promise<OnSale> {
    if (this.#schedules.has(scheduleId)) return this.#schedules.atHand(scheduleId)
    const inWork = this.#inWork.get(scheduleId)
    if (inWork !== undefined) return inWork
    const nowMs = this.#now()
    const known = this.#lookedUp.get(scheduleId)
    const isRecent = known !== undefined && nowMs < known.untilMs
    if (isRecent && known.isMissing) throw refuse('SCHEDULE_NOT_FOUND', `there is no schedule ${scheduleId}`)
    // One of which the catalog could not say anything may be a room that people stand in.
    if (!isRecent) this.#pay(nowMs)
    const lookUp = this.#lookUp(scheduleId).finally(() => this.#inWork.delete(scheduleId))
    this.#inWork.set(scheduleId, lookUp)
    return lookUp
  }

  /** Refuses where too many unknown schedules are looked up; for those who show a room also while the catalog is away. */
  async check(scheduleId: number): Promise<void> {
    try {
      await this.get(scheduleId)
    } catch (error) {
      const isUnsaid = this.#lookedUp.get(scheduleId)?.isMissing === false
      if (!isUnsaid || isRefusal(error, 'SCHEDULE_NOT_FOUND')) throw error
    }
  }

  #pay(nowMs: number): void {
    const after = Math.max(nowMs, this.#paidUntilMs) + 1_000 / LOOK_UPS_A_SECOND
    if (after - nowMs > 1_000) {
      throw generalRefusal('UNAVAILABLE', 'too many unknown schedules are asked for; try again', {
        retryAfterSeconds: 1,
      })
    }
    this.#paidUntilMs = after
  }

  async #lookUp(scheduleId: number): Promise<OnSale> {
    try {
      return await this.#schedules.get(scheduleId)
    } catch (error) {
      const isMissing = isRefusal(error, 'SCHEDULE_NOT_FOUND')
      this.#lookedUp.set(scheduleId, { isMissing, untilMs: this.#now() + REMEMBERED_MS })
      throw error
    }
  }
}
