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
  /** Serves the rooms while Redis is away, so that those who poll take no connection from those who join. */
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
  /** The same from PostgreSQL, for the time without Redis. */
  summariesInPostgres: CoalescedCache<number, RoomSummary>
  /** Who waits, and whose token is whose, from PostgreSQL, for the same time. */
  lines: WaitingLines
  lookups: TokenLookups
  /** Until when a room that was full takes nobody, by room; milliseconds since the epoch. */
  fullUntil: LRUCache<number, number>
  /** When an estimate was kept last, by room; milliseconds since the epoch. */
  predictedAt: LRUCache<number, number>
  /** Rooms that have opened and whose early joiners have not been drawn places yet. */
  drawsDue: Set<number>
  now: () => Date
}
