import type { Pool } from '@frontrow/postgres/pool'

/** Where a read is answered. */
export interface Reads {
  /**
   * Answers a read that may be old by REPLICA_LAG_MAX_MS: from the replica while it is well, else from the primary. What fails there,
   * or is not there, is asked again on the primary, so `read` may run twice and must change nothing. `isThere` says whether the answer has
   * what was asked for; what is new may be missing on the replica, and so may what an answer that is kept for long depends on.
   */
  run<T>(read: (pool: Pool) => Promise<T>, isThere?: (answer: T) => boolean): Promise<T>
  /** A request has written: reads of this process see what it wrote, whoever asks. */
  wrote(): void
}

/** All reads on the primary, where there is no replica. */
export function primaryReads(primary: Pool): Reads {
  return {
    run: (read) => read(primary),
    wrote: () => {},
  }
}
