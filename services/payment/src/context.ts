import type { InteractiveCardProvider } from '@frontrow/card-provider/card-provider'
import type { Logger } from '@frontrow/service-host/logger'
import type { WakeUp } from '@frontrow/messaging/wake-up'
import type { Pool } from '@frontrow/postgres/pool'
import type { Reservation__Output as Reservation } from '@frontrow/proto/gen/frontrow/reservation/v1/Reservation'
import type { PaymentBeginnings } from './begin-payments.ts'
import type { CardSlots } from './card-slots.ts'
import type { Config } from './config.ts'
import type { PaymentEvents } from './events.ts'
import type { Intakes } from './note-steps.ts'
import type { PaymentKeys } from './payment-keys.ts'
import type { SettledPayments } from './settled-payments.ts'

/** What the use cases of this service work with; built once in start.ts. */
export interface Context {
  config: Config
  logger: Logger
  pool: Pool
  relay: WakeUp
  /** Wakes the worker that talks to the card provider. */
  cardWork: WakeUp
  cardProvider: InteractiveCardProvider
  cardSlots: CardSlots
  /** By the payment's method, because the steps of cards wait for the provider. */
  intakes: Intakes
  beginnings: PaymentBeginnings
  keys: PaymentKeys
  settled: SettledPayments
  events: PaymentEvents
  now: () => Date
  /** Refuses with RESERVATION_NOT_FOUND. */
  getReservation: (reservationId: string) => Promise<Reservation>
}
