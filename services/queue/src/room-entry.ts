import type { TokenRow } from './sql/queue-tokens.ts'
import { toDigest } from './token-value.ts'

/** A place as PostgreSQL holds it, to be put into the room. */
export interface RoomEntry {
  scheduleId: number
  userId: string
  digest: string
  sequence: number
  /** The deadline of an ACTIVE place; 0 for one that waits. */
  activeUntilMs: number
}

/** The entry that a row makes in its room. */
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

/** The arguments of join.lua for one place. Without a window its holder is not admitted by the call. */
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
