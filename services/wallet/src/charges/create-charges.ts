import type { CardProvider } from '@frontrow/card-provider/card-provider'
import { guardCardProvider } from '@frontrow/card-provider/connect-card-provider'
import type { ServiceHost } from '@frontrow/service-host/host'
import { SettledWaits } from '@frontrow/service-host/settled-waits'
import type { WalletConfig } from '../config.ts'
import type { ChargeParts } from '../context.ts'
import type { WalletEvents } from '../events.ts'
import { findSettledCharges } from '../sql/charges.ts'
import type { Charge } from '../sql/charges.ts'
import { createChargeBeginnings } from './begin-charges.ts'
import { createChargeSettlements } from './settle-charges.ts'
import { ChargeWorker, leaseMsOf } from './work-charges.ts'

/** Makes what charges go through. The worker has to be run; it ends with the host, after the requests that wait for it. */
export function createCharges(options: {
  host: ServiceHost
  config: WalletConfig
  events: WalletEvents
  cardProvider: CardProvider
}): ChargeParts & { worker: ChargeWorker } {
  const { host, config, events, cardProvider } = options
  const { cardByDefault } = cardProvider
  const { pool, logger, lifecycle } = host
  const settled = new SettledWaits<Charge>({
    logger,
    what: 'charges',
    idOf: ({ chargeId }) => chargeId,
    find: (chargeIds) => findSettledCharges(pool, chargeIds),
  })
  const settlements = createChargeSettlements({
    pool,
    events,
    onSettled: (charge) => settled.settled(charge),
  })
  const provider = guardCardProvider(host, cardProvider)
  const worker = new ChargeWorker({ pool, logger, provider, settlements, config })
  const beginnings = createChargeBeginnings({ pool, events, worker, config, leaseMs: leaseMsOf(config) })
  lifecycle.add('charge worker', () => worker.stop())
  return { beginnings, worker, settled, cardByDefault }
}
