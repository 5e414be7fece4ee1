import { Batcher } from '@frontrow/service-host/batcher'
import { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import type { Pool } from '@frontrow/postgres/pool'
import type { RoomLimits } from '../admission/change-room.ts'
import { findTokens, isLive } from '../places/queue-tokens.ts'
import type { TokenRow } from '../places/queue-tokens.ts'
import type { TokenHash } from '../places/token-value.ts'
import type { LocatedPlace, RoomReader, RoomSummary, TokenOwner } from '../room.ts'
import { knownOpening } from '../schedules.ts'
import type { Schedules } from '../schedules.ts'
import { countRoom } from './line-rows.ts'
import { placeInLine, readWaitingLine, WaitingLines } from './waiting-lines.ts'

/** What the rows are read through. */
export interface PostgresRoomOptions {
  /** A small pool, apart from that of the requests, so that a crowd's polls leave joins their connections. */
  pool: Pool
  schedules: Schedules
  /** What a room starts with. */
  defaults: RoomLimits
  /** How long after the last note somebody who waits is noted as seen again. */
  noteSeenAfterMs: number
}

const SUMMARY_MS = 1_000
const ROOMS_MAX = 5_000
const MINUTE_MS = 60_000
const LOOKUPS_SHARED_MAX = 500
// Lookups take two connections at most, which leaves the others of the pool to the lines and to the mirror.
const LOOKUPS_AT_ONCE_MAX = 2
const LOOKUPS_PENDING_MAX = 5_000

/** Answers from the rows. A crowd shares statements; positions and counts are up to a second old. */
export class PostgresRoom implements RoomReader {
  readonly #options: PostgresRoomOptions
  readonly #lines: WaitingLines
  readonly #summaries: CoalescedCache<number, RoomSummary>
  readonly #lookups: Batcher<'all', Buffer, TokenRow | undefined>

  constructor(options: PostgresRoomOptions) {
    this.#options = options
    const { pool } = options
    this.#lines = new WaitingLines((scheduleId) => readWaitingLine(pool, scheduleId))
    this.#summaries = new CoalescedCache({
      load: (scheduleId: number) => this.#count(scheduleId),
      freshMs: SUMMARY_MS,
      max: ROOMS_MAX,
    })
    this.#lookups = new Batcher({
      batchMax: LOOKUPS_SHARED_MAX,
      atOnceMax: LOOKUPS_AT_ONCE_MAX,
      pendingMax: LOOKUPS_PENDING_MAX,
      waitMaxMs: 3_000,
      send: async (_all, tokenHashes) => {
        const rows = await findTokens(pool, tokenHashes)
        const byHash = new Map(rows.map((row) => [row.tokenHash.toString('base64'), row]))
        return tokenHashes.map((tokenHash) => byHash.get(tokenHash.toString('base64')))
      },
    })
  }

  async find(hash: TokenHash): Promise<LocatedPlace | undefined> {
    const row = await this.findRow(hash)
    return row !== undefined && isLive(row, Date.now()) ? this.locate(row) : undefined
  }

  ownerOf(hash: TokenHash): Promise<TokenOwner | undefined> {
    return this.findRow(hash)
  }

  /** The row of a token value, live or not. */
  findRow({ full }: TokenHash): Promise<TokenRow | undefined> {
    return this.#lookups.add('all', full)
  }

  /** Where the place of a live row stands. */
  async locate(row: TokenRow): Promise<LocatedPlace> {
    const { scheduleId, userId, sequence } = row
    const nowMs = Date.now()
    const { maxActive } = await this.summary(scheduleId)
    const roomOff = maxActive === null
    if (row.status === 'ACTIVE' && row.activeUntil !== null) {
      const noteSeen = row.showUpBy !== null
      const activeUntilMs = row.activeUntil.getTime()
      return {
        scheduleId,
        userId,
        place: { status: 'ACTIVE', nowMs, sequence, activeUntilMs, roomOff, noteSeen },
      }
    }
    const opensAtMs = await knownOpening(this.#options.schedules, scheduleId)
    const inLine = placeInLine(await this.#lines.get(scheduleId), sequence, nowMs < opensAtMs)
    const noteSeen = nowMs - row.seenAt.getTime() > this.#options.noteSeenAfterMs
    return {
      scheduleId,
      userId,
      place: { status: 'WAITING', nowMs, sequence, ...inLine, roomOff, noteSeen },
    }
  }

  summary(scheduleId: number): Promise<RoomSummary> {
    return this.#summaries.get(scheduleId)
  }

  /** Has the next summary counted anew, because the room was changed. */
  forgetSummary(scheduleId: number): void {
    this.#summaries.forget(scheduleId)
  }

  async #count(scheduleId: number): Promise<RoomSummary> {
    const { pool, defaults } = this.#options
    const counted = await countRoom(pool, scheduleId)
    if (counted === undefined) {
      const empty = { nowServing: 0, waiting: 0, active: 0, admittedLastMinute: 0, oldestAdmissionMs: 0 }
      return { nowMs: Date.now(), ...empty, ...defaults }
    }
    const { front, lastAdmitted, ...room } = counted
    return {
      ...room,
      nowServing: front === null ? lastAdmitted : front - 1,
      oldestAdmissionMs: room.nowMs - MINUTE_MS,
    }
  }
}
