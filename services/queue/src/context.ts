import type { Logger } from '@frontrow/service-host/logger'
import type { Pool } from '@frontrow/postgres/pool'
import type { LRUCache } from 'lru-cache'
import type { AdmissionCounts } from './admission/admission-counts.ts'
import type { BusyRooms } from './admission/admit-waiting.ts'
import type { NoShowGrace } from './admission/no-shows.ts'
import type { QueueConfig } from './config.ts'
import type { QueueEvents } from './events.ts'
import type { JoinCheck } from './join-check/join-check.ts'
import type { HashClaim } from './join-check/verified-claim.ts'
import type { PlaceLooks } from './places/place-looks.ts'
import type { JoinBatches } from './places/join-batches.ts'
import type { PlaceNotes } from './places/place-notes.ts'
import type { Mirror } from './redis-room/mirror.ts'
import type { RedisGate } from './redis-room/redis-gate.ts'
import type { RedisRoom } from './redis-room/redis-room.ts'
import type { Rooms } from './rooms.ts'
import type { Schedules } from './schedules.ts'
import type { StrangersLookups } from './strangers-lookups.ts'

/** What the use cases of this service work with; built once in start.ts. */
export interface QueueContext {
  config: QueueConfig
  logger: Logger
  /** Where rooms are changed. */
  pool: Pool
  events: QueueEvents
  schedules: Schedules
  /** The same for whoever asks without a token. */
  strangersLookups: StrangersLookups
  /** Answers where people stand and how rooms are. */
  rooms: Rooms
  joins: JoinBatches
  /** The places that users have already, asked for those whose join is refused. */
  placeLooks: PlaceLooks
  /** What who joins has to pass; `none` passes everybody. */
  joinCheck: JoinCheck
  /** undefined where no claim has one place. */
  hashClaim: HashClaim | undefined
  notes: PlaceNotes
  admissionCounts: AdmissionCounts
  busy: BusyRooms
  noShowGrace: NoShowGrace
  /** Schedules that have opened and whose draw is still to be made. */
  drawsDue: Set<number>
  gate: RedisGate
  mirror: Mirror
  /** For what is kept in Redis alone: estimates, to be compared with the real waits. */
  redisRoom: RedisRoom
  /** Until when joins of a room are refused at once, because it was found full; by `performance.now()`. */
  fullUntil: LRUCache<number, number>
  /** When an estimate of a room was last stored, to be compared with the real wait; by `performance.now()`. */
  predictedAt: LRUCache<number, number>
  now: () => Date
}
