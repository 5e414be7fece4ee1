import type { SettledWaits } from '@frontrow/service-host/settled-waits'
import type { WakeUp } from '@frontrow/messaging/wake-up'
import type { Pool } from '@frontrow/postgres/pool'
import type { Logger } from '@frontrow/service-host/logger'
import type { ChargeBeginnings } from './charges/begin-charges.ts'
import type { ChargeWorker } from './charges/work-charges.ts'
import type { WalletConfig } from './config.ts'
import type { WalletEvents } from './events.ts'
import type { MovementBatches } from './request-movements.ts'
import type { Charge } from './sql/charges.ts'

/** What charges go through. */
export interface ChargeParts {
  readonly beginnings: ChargeBeginnings
  readonly worker: Pick<ChargeWorker, 'expectedSeconds'>
  readonly settled: SettledWaits<Charge>
  /** The card of a charge that names none; without it a charge has to name one. */
  readonly cardByDefault: string | undefined
}

/** What the use cases of this service work with; built once in start.ts. */
export interface WalletContext {
  readonly pool: Pool
  readonly relay: WakeUp
  readonly logger: Logger
  readonly events: WalletEvents
  /** Uses of points, which share transactions. */
  readonly movements: MovementBatches
  readonly charges: ChargeParts
  readonly config: Pick<
    WalletConfig,
    'CHARGE_AMOUNT_MIN' | 'CHARGE_AMOUNT_MAX' | 'BALANCE_MAX' | 'CHARGE_WAIT_MS'
  >
}
