import { isDatabaseOutage } from '@frontrow/postgres/errors'
import type { Pool } from '@frontrow/postgres/pool'
import { Refusal } from '@frontrow/refusals/refusal'
import { readPrimaryPosition, readReplicaPosition } from '../sql/replication.ts'
import type { ReplicaPosition } from '../sql/replication.ts'
import { ReplicaAge } from './replica-age.ts'
import type { ReplicaEvents } from './replica-events.ts'
import type { Reads } from './reads.ts'

/** What the reads of a replica work with. */
export interface ReplicaReadsOptions {
  primary: Pool
  replica: Pool
  /** Asks the primary where it is. Not the pool of the requests: a crowd that waits there would look like a replica that is behind. */
  watch: Pool
  lagMaxMs: number
  /** How long a read may take on the replica before the primary is asked, and each step of a look. */
  deadlineMs: number
  events: ReplicaEvents
}

/**
 * Reads on a streaming replica that is looked at once in a while. It is used only while it is known to show everything up to
 * `lagMaxMs` ago and up to the last write of this process. When looks fail that knowledge gets old by itself, and reads go to the primary.
 */
export class ReplicaReads implements Reads {
  readonly #options: ReplicaReadsOptions
  readonly #age = new ReplicaAge()
  #isAnswering = false
  #wroteAtMs = Number.NEGATIVE_INFINITY

  constructor(options: ReplicaReadsOptions) {
    this.#options = options
  }

  /** How old what the replica shows may be, in milliseconds; infinity where that is unknown. */
  get ageMs(): number {
    return performance.now() - this.#age.completeUntilMs
  }

  /** Whether the next read goes to the replica. */
  get isUsed(): boolean {
    return (
      this.#isAnswering &&
      this.ageMs <= this.#options.lagMaxMs &&
      this.#age.completeUntilMs >= this.#wroteAtMs
    )
  }

  wrote(): void {
    this.#wroteAtMs = performance.now()
  }

  async run<T>(read: (pool: Pool) => Promise<T>, isThere: (answer: T) => boolean = () => true): Promise<T> {
    const { primary, replica, deadlineMs, events } = this.#options
    if (!this.isUsed) {
      events.readAnswered('primary')
      return read(primary)
    }
    try {
      const answer = await within(deadlineMs, read(replica))
      if (isThere(answer)) {
        events.readAnswered('replica')
        return answer
      }
    } catch (error) {
      // A refusal says that something is not there. It may be new, so the primary has the last word.
      if (!(error instanceof Refusal)) this.#failed(error)
    }
    events.readAnswered('primary_after_replica')
    return read(primary)
  }

  /** Looks where both servers are. Never rejects: what is wrong is told by a warning. */
  async look(): Promise<void> {
    const { events, lagMaxMs } = this.#options
    try {
      await this.#note()
    } catch (error) {
      // Where only the primary did not answer, the replica stays in use until what it shows may be too old.
      if (!this.isUsed) events.unwell(error)
      return
    }
    if (this.ageMs <= lagMaxMs) events.well(this.ageMs)
    else events.unwell(new Error(`the replica is ${Math.round(this.ageMs)} ms behind`))
  }

  async #note(): Promise<void> {
    const { watch, deadlineMs } = this.#options
    const atMs = performance.now()
    const primary = await within(deadlineMs, readPrimaryPosition(watch))
    const replica = await this.#askReplica()
    this.#age.note({ atMs, primary, replica })
  }

  async #askReplica(): Promise<ReplicaPosition> {
    const { replica, deadlineMs } = this.#options
    try {
      const position = await within(deadlineMs, readReplicaPosition(replica))
      if (position === undefined) throw new Error('the server is no replica, it may have been promoted')
      this.#isAnswering = true
      return position
    } catch (error) {
      this.#isAnswering = false
      throw error
    }
  }

  #failed(error: unknown): void {
    const { events } = this.#options
    if (error instanceof LateError || isDatabaseOutage(error)) {
      // Others would wait for the same, so none is asked there before a look has found the replica well.
      this.#isAnswering = false
      events.unwell(error)
    } else {
      // Replay had to go on and cancelled the read, for one; others may do well.
      events.readFailed(error)
    }
  }
}

class LateError extends Error {}

/** The result of `work`, or a LateError when it takes longer. The work itself ends by the limits of its pool. */
async function within<T>(deadlineMs: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new LateError(`no answer within ${deadlineMs} ms`)), deadlineMs)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
