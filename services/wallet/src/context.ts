import type { WakeUp } from '@frontrow/messaging/wake-up'
import type { Pool } from '@frontrow/postgres/pool'
import type { Logger } from '@frontrow/service-host/logger'
import type { WalletConfig } from './config.ts'
import type { WalletEvents } from './events.ts'
import type { MovementBatches } from './request-movements.ts'

/** What the use cases of this service work with; built once in start.ts. */
export interface WalletContext {
  readonly pool: Pool
  readonly relay: WakeUp
  readonly logger: Logger
  readonly events: WalletEvents
  /** Charges and uses of points, which share transactions. */
  readonly movements: MovementBatches
  readonly config: Pick<WalletConfig, 'CHARGE_AMOUNT_MIN' | 'CHARGE_AMOUNT_MAX' | 'BALANCE_MAX'>
}
