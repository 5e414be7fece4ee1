import type { Pool } from '@frontrow/postgres/pool'
import { renewLease, takeLease } from './sql/redis-lease.ts'

const LEASE_MS = 3_000
// In the second between this and LEASE_MS the last admissions are noted in PostgreSQL, before PostgreSQL takes over.
const ADMIT_MS = 2_000

/**
 * This instance's hold on the right to let people in through Redis. It has to be renewed every second; people are let in by
 * Redis' own clock only up to 2 s after the last renewal was begun, and from PostgreSQL only 3 s after the last one of any
 * instance. So there is never a moment for both, however late a command reaches Redis or long a process stands still.
 */
export class RedisLease {
  readonly #pool: Pool
  #generation: number | undefined
  #admitUntilMs = 0
  #handedOver = false

  constructor(pool: Pool) {
    this.#pool = pool
  }

  get isHeld(): boolean {
    return this.#generation !== undefined
  }

  /** Up to when people may be let in; milliseconds since the epoch by Redis' clock. */
  get admitUntilMs(): number {
    return this.#admitUntilMs
  }

  /** Whether other instances left places to be brought to Redis, as of the last renewal. */
  get handedOver(): boolean {
    return this.#handedOver
  }

  /** Takes the lease and returns the name of its term; undefined while another Redis server has the lease. */
  async take(server: string): Promise<string | undefined> {
    this.drop()
    const term = await takeLease(this.#pool, server, LEASE_MS)
    if (term === undefined) return undefined
    this.#generation = term.generation
    return `${term.store}:${term.generation}`
  }

  /** Renews the lease; false where this instance does not hold it. `redisNowMs`: Redis' clock before this call. */
  async renew(redisNowMs: number): Promise<boolean> {
    const generation = this.#generation
    if (generation === undefined) return false
    const renewed = await renewLease(this.#pool, generation, LEASE_MS)
    // The lease was dropped during the query, and perhaps taken again.
    if (this.#generation !== generation) return this.isHeld
    if (renewed === undefined) {
      this.drop()
      return false
    }
    this.#admitUntilMs = Math.max(this.#admitUntilMs, redisNowMs + ADMIT_MS)
    this.#handedOver = renewed.handedOver
    return true
  }

  /** Ends the hold of this instance; the lease runs out unless others keep it. */
  drop(): void {
    this.#generation = undefined
    this.#admitUntilMs = 0
    this.#handedOver = false
  }
}
