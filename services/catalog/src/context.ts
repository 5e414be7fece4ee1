import type { WakeUp } from '@frontrow/messaging/wake-up'
import type { Pool } from '@frontrow/postgres/pool'
import type { VerifyTokenRequest } from '@frontrow/proto/gen/frontrow/queue/v1/VerifyTokenRequest'
import type { VerifyTokenResponse__Output as VerifyTokenResponse } from '@frontrow/proto/gen/frontrow/queue/v1/VerifyTokenResponse'
import type { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import type { UnaryCall } from '@frontrow/service-host/grpc-client'
import type { CatalogConfig } from './config.ts'
import type { CatalogEvents } from './events.ts'
import type { SeatChannels } from './seat-channels.ts'
import type { SeatMaps } from './seat-maps.ts'
import type { SeatsLeft } from './seats-left.ts'
import type { Schedule } from './sql/schedules.ts'
import type { Grade } from './sql/seats.ts'

/** What every use case of this service gets. */
export interface CatalogContext {
  readonly pool: Pool
  readonly relay: WakeUp
  readonly events: CatalogEvents
  readonly config: Pick<CatalogConfig, 'SCHEDULE_SEATS_MIN' | 'SCHEDULE_SEATS_MAX'>
  readonly now: () => Date
  readonly verifyToken: UnaryCall<VerifyTokenRequest, VerifyTokenResponse>
  /** Schedules up to a second old, for what the public sees. Code that decides something reads the schedule from PostgreSQL. */
  readonly schedules: CoalescedCache<number, Schedule | undefined>
  readonly grades: CoalescedCache<number, Grade[]>
  readonly seatsLeft: SeatsLeft
  readonly seatMaps: SeatMaps
  readonly seatChannels: SeatChannels
}
