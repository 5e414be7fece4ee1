/** The hash of an entry of the log, or at number 0 the genesis hash, as it was noted at some time. */
export interface NotedHead {
  readonly number: number
  readonly hash: string
}

/** A place as its owner was told it: the number of the join before the opening, and the one since, where it is known. */
export interface OwnEntry {
  readonly entry: number
  readonly sequence: number | undefined
}

/** Which room is checked, and what was noted of it earlier. */
export interface NotedRoom {
  readonly scheduleId: number
  readonly commitment?: string | undefined
  readonly head?: NotedHead | undefined
  readonly entry?: OwnEntry | undefined
}
