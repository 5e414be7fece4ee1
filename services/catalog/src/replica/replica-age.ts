/** What one look saw. Positions are in the write-ahead log (LSN), in bytes; the primary was asked first. */
export interface Look {
  /** When the look began, on the clock of this process; milliseconds. */
  atMs: number
  /** Where the primary had written to, and its clock, in milliseconds. */
  primary: { position: number; clockMs: number }
  /** What the replica had replayed, and when the last commit of that was made, by the primary's clock. */
  replica: { position: number; committedAtMs: number | null }
}

interface Mark {
  atMs: number
  position: number
}

// A minute of looks, the longest lag that may be allowed. Older marks say no more than that the replica is too far behind.
const MARKS_MAX = 120

/**
 * How old what the replica shows is. The time of its last commit alone would not tell: while nobody writes it gets old, and the replica
 * does not. So the places that the primary's log had reached are remembered with their time: what is replayed up to such a place shows
 * everything that was committed by then. Between two of them the time of the last commit tells.
 */
export class ReplicaAge {
  #marks: Mark[] = []
  #completeUntilMs = Number.NEGATIVE_INFINITY

  /** The replica shows all that was committed up to this time, on the clock of the looks; minus infinity where that is unknown. */
  get completeUntilMs(): number {
    return this.#completeUntilMs
  }

  /** Takes the newest look into account. */
  note({ atMs, primary, replica }: Look): void {
    this.#marks.push({ atMs, position: primary.position })
    const reached = this.#marks.findLastIndex(({ position }) => position <= replica.position)
    // A replica that is what it was does not go back, so marks before the one it has reached are not needed again.
    this.#marks = this.#marks.slice(Math.max(reached, 0)).slice(-MARKS_MAX)
    const byMark = reached === -1 ? undefined : this.#marks[0]?.atMs
    const byCommit =
      replica.committedAtMs === null ? undefined : atMs - (primary.clockMs - replica.committedAtMs)
    this.#completeUntilMs = Math.max(byMark ?? -Infinity, byCommit ?? -Infinity)
  }
}
