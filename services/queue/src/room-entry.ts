import type { TokenRow } from './sql/queue-tokens.ts'
import { toDigest } from './token-value.ts'

/** A place as PostgreSQL holds it, to be put into the room. */
export interface RoomEntry {
  scheduleId: number
  userId: string
  digest: string
  sequence: number
  /** Of a place that was ACTIVE already; 0 for one that waits. */
  activeUntilMs: number
}

/** A row as the room takes it. */
export function toRoomEntry(row: TokenRow): RoomEntry {
  return {
    scheduleId: row.scheduleId,
    userId: row.userId,
    sequence: row.sequence,
    digest: toDigest(row.tokenHash),
    activeUntilMs: row.status === 'ACTIVE' ? (row.activeUntil?.getTime() ?? 1) : 0,
  }
}

/** When a new place may go straight in. Milliseconds since the epoch. */
export interface RoomEntryWindow {
  opensAtMs: number
  endsAtMs: number
  nobodyEarly: boolean
}

/** What join.lua takes of each place; without a window it goes straight in at no time. */
export function joinArguments(entry: RoomEntry, enter?: RoomEntryWindow): (string | number)[] {
  return [
    entry.userId,
    entry.digest,
    entry.sequence,
    entry.activeUntilMs,
    enter === undefined ? 0 : 1,
    enter?.opensAtMs ?? 0,
    enter?.endsAtMs ?? 0,
    enter?.nobodyEarly === true ? 1 : 0,
  ]
}
