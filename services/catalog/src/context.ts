import type { WakeUp } from '@frontrow/messaging/wake-up'
import type { Pool } from '@frontrow/postgres/pool'
import type { VerifyTokenResponse__Output as VerifiedToken } from '@frontrow/proto/gen/frontrow/queue/v1/VerifyTokenResponse'
import type { CancellationProgress__Output as CancellationProgress } from '@frontrow/proto/gen/frontrow/reservation/v1/CancellationProgress'
import type { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import type { CatalogConfig } from './config.ts'
import type { CatalogEvents } from './events.ts'
import type { Reads } from './replica/reads.ts'
import type { SeatChannels } from './seat-channels.ts'
import type { TakenSeats } from './seat-map.ts'
import type { SeatMaps } from './seat-maps.ts'
import type { SeatsLeft } from './seats-left.ts'
import type { Schedule } from './sql/schedules.ts'
import type { Grade } from './sql/seats.ts'
import type { TokenWatch } from './token-watch.ts'

/** Asks whether a queue token lets into a schedule; the user is compared where one is named. */
export interface TokenCheck {
  token: string
  scheduleId: number
  userId?: string
}

/** Changes seats that the house keeps back, and tells which were not so before. */
export type ChangeHouseSeats = (request: {
  scheduleId: number
  seatIds: number[]
}) => Promise<{ changedSeatIds: number[] }>

/** What every use case of this service gets. */
export interface CatalogContext {
  /** The primary, where all is decided and written. */
  readonly pool: Pool
  /** What may be a moment old is read by these, from a replica where there is one. */
  readonly reads: Reads
  readonly relay: WakeUp
  readonly events: CatalogEvents
  readonly config: Pick<CatalogConfig, 'SCHEDULE_SEATS_MIN' | 'SCHEDULE_SEATS_MAX'>
  readonly now: () => Date
  /** Whether a bearer token says that it is of somebody who may write; it is not verified. */
  readonly claimsToBeStaff: (authorization: string | undefined) => boolean
  /** Refuses where the token lets nobody into the schedule now, or is not of the user. */
  readonly verifyToken: (check: TokenCheck) => Promise<VerifiedToken>
  /** The seats that are held or sold now, as their owner says. */
  readonly listTakenSeats: (request: { scheduleId: number }) => Promise<TakenSeats>
  /** How far a cancelled schedule's reservations are, as their owner says. */
  readonly getCancellationProgress: (request: { scheduleId: number }) => Promise<CancellationProgress>
  readonly blockSeats: ChangeHouseSeats
  readonly unblockSeats: ChangeHouseSeats
  /** Schedules up to a second old, as they are shown, for what the public sees. Code that decides something reads the schedule from PostgreSQL. */
  readonly schedules: CoalescedCache<number, Schedule | undefined>
  readonly grades: CoalescedCache<number, Grade[]>
  readonly seatsLeft: SeatsLeft
  readonly seatMaps: SeatMaps
  readonly seatChannels: SeatChannels
  readonly tokenWatch: TokenWatch
}
