import type { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import type { Logger } from '@frontrow/service-host/logger'
import type { Pool } from '@frontrow/postgres/pool'
import type { LRUCache } from 'lru-cache'
import type { QueueConfig } from './config.ts'
import type { QueueEvents } from './events.ts'
import type { JoinBatches } from './join-batches.ts'
import type { PlaceChanges } from './place-changes.ts'
import type { RedisGate } from './redis-gate.ts'
import type { Schedules } from './schedules.ts'
import type { TokenDirectory } from './token-directory.ts'
import type { TokenLookups } from './token-lookups.ts'
import type { RoomSummary } from './room-replies.ts'
import type { WaitingLines } from './waiting-lines.ts'
import type { WaitingRooms } from './waiting-rooms.ts'

/** What the use cases of this service work with; built once in start.ts. */
export interface QueueContext {
  config: QueueConfig
  logger: Logger
  pool: Pool
  /** Serves the rooms while Redis is away. It is apart from `pool`, so that a crowd's polls leave joins their connections. */
  roomPool: Pool
  gate: RedisGate
  events: QueueEvents
  rooms: WaitingRooms
  directory: TokenDirectory
  joins: JoinBatches
  changes: PlaceChanges
  schedules: Schedules
  /** Rooms as everybody may see them, at most 1 s old. */
  summaries: CoalescedCache<number, RoomSummary>
  /** The same, counted in PostgreSQL; used while Redis is away. */
  summariesInPostgres: CoalescedCache<number, RoomSummary>
  /** Who waits in each room, as PostgreSQL has it; used while Redis is away. */
  lines: WaitingLines
  /** Places by their tokens, as PostgreSQL has them; used while Redis is away. */
  lookups: TokenLookups
  /** Until when joins of a room are refused at once, because it was found full; milliseconds since the epoch. */
  fullUntil: LRUCache<number, number>
  /** When an estimate of a room was last stored, to be compared with the real wait; milliseconds since the epoch. */
  predictedAt: LRUCache<number, number>
  /** Schedules that have opened and whose draw is still to be made. */
  drawsDue: Set<number>
  now: () => Date
}
