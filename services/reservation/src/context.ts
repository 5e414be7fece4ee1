import type { WakeUp } from '@frontrow/messaging/wake-up'
import type { Pool } from '@frontrow/postgres/pool'
import type { Logger } from '@frontrow/service-host/logger'
import type { QueueCalls } from './clients.ts'
import type { Config } from './config.ts'
import type { ReservationCounters } from './events.ts'
import type { RefusedHolds } from './sales/refused-holds.ts'
import type { SeatPicker } from './seat-picker.ts'
import type { Schedules } from './schedules.ts'
import type { TakeSeats } from './share-holds.ts'
import type { TicketCodes } from './tickets/ticket-codes.ts'

/** What the use cases of this service work with; built once in start.ts. */
export interface Context extends QueueCalls {
  config: Config
  logger: Logger
  pool: Pool
  relay: WakeUp
  schedules: Schedules
  takeSeats: TakeSeats
  seatPicker: SeatPicker
  ticketCodes: TicketCodes
  counters: ReservationCounters
  refusedHolds: RefusedHolds
  /** For on-sale windows only. Whether a hold has ended is decided by the database's clock. */
  now: () => Date
}
