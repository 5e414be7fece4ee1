import type { RoomLimits } from './admission/change-room.ts'
import type { TokenHash } from './places/token-value.ts'

/** Where one person stands. Times are milliseconds since the epoch. */
export type Place =
  | {
      status: 'WAITING'
      nowMs: number
      sequence: number
      /** How many stand before it. */
      before: number
      waiting: number
      roomOff: boolean
      /** Whether PostgreSQL is to be told that the holder was seen. */
      noteSeen: boolean
    }
  | {
      status: 'ACTIVE'
      nowMs: number
      sequence: number
      activeUntilMs: number
      roomOff: boolean
      /** True until PostgreSQL knows that the holder has shown up. */
      noteSeen: boolean
    }

/** Whose place a token value is or was. It never changes. */
export interface TokenOwner {
  scheduleId: number
  userId: string
}

/** The live place of a token value. */
export interface LocatedPlace extends TokenOwner {
  place: Place
}

/** A room as everybody may see it. */
export interface RoomSummary extends RoomLimits {
  nowMs: number
  nowServing: number
  waiting: number
  active: number
  admittedLastMinute: number
  /** The time of the oldest admission of the last minute; 0 where there was none. */
  oldestAdmissionMs: number
}

/** Answers what a crowd asks of waiting rooms: redis-room/ from the mirror, postgres-room/ from the rows. rooms.ts chooses. */
export interface RoomReader {
  /** The live place of a token value; undefined where this reader knows none. */
  find(hash: TokenHash): Promise<LocatedPlace | undefined>
  /** Whose place a token value is or was, as far as this reader knows. */
  ownerOf(hash: TokenHash): Promise<TokenOwner | undefined>
  summary(scheduleId: number): Promise<RoomSummary>
}
