import type { Authenticate } from '@frontrow/service-host/auth'
import type { BoundedMap } from '@frontrow/service-host/bounded-map'
import type { Logger } from '@frontrow/service-host/logger'
import type { Pool } from '@frontrow/postgres/pool'
import type { CoalescedCache } from './coalesced-cache.ts'
import type { QueueConfig } from './config.ts'
import type { QueueEvents } from './events.ts'
import type { JoinBatches } from './join-batches.ts'
import type { PlaceChanges } from './place-changes.ts'
import type { Schedules } from './schedules.ts'
import type { TokenDirectory } from './token-directory.ts'
import type { RoomSummary } from './room-replies.ts'
import type { WaitingRooms } from './waiting-rooms.ts'

/** What the use cases of this service work with; built once in start.ts. */
export interface QueueContext {
  config: QueueConfig
  logger: Logger
  pool: Pool
  events: QueueEvents
  rooms: WaitingRooms
  directory: TokenDirectory
  joins: JoinBatches
  changes: PlaceChanges
  schedules: Schedules
  /** Rooms as everybody may see them, at most 1 s old. */
  summaries: CoalescedCache<number, RoomSummary>
  /** The same as PostgreSQL has it, for the time without Redis. */
  summariesInPostgres: CoalescedCache<number, RoomSummary>
  /** Rooms that were full, and until when nobody needs to try; milliseconds since the epoch. */
  fullUntil: BoundedMap<number, number>
  /** When an estimate was kept last, by room; milliseconds since the epoch. */
  predictedAt: BoundedMap<number, number>
  /** Open rooms whose early comers have no places yet. */
  drawsDue: Set<number>
  authenticate: Authenticate
  now: () => Date
}
