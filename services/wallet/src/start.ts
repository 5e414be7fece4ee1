import type { CardProvider } from '@frontrow/card-provider/card-provider'
import { createCardProvider } from '@frontrow/card-provider/connect-card-provider'
import { tidyKeys } from '@frontrow/idempotency/idempotency-key'
import { createHost } from '@frontrow/service-host/host'
import type { RunningService, ServiceHost } from '@frontrow/service-host/host'
import { watchValue } from '@frontrow/service-host/metrics'
import { createCharges } from './charges/create-charges.ts'
import { addAdminRoutes } from './admin-http.ts'
import type { WalletConfig } from './config.ts'
import type { WalletContext } from './context.ts'
import { createEvents } from './events.ts'
import { addServices } from './grpc.ts'
import { addRoutes } from './http.ts'
import { consumedTopics, messageHandlers } from './messages.ts'
import { createMovementBatches } from './request-movements.ts'
import { countOpenCharges } from './sql/charge-work.ts'

/** A wallet service that runs. */
export interface RunningWallet extends RunningService {
  ctx: WalletContext
}

const TIDY_EVERY_MS = 600_000
const TIDY_BATCH = 5_000

/** Starts the service. `cardProvider` replaces the configured one. */
export async function startWallet(
  config: WalletConfig,
  options: { onFatal: (error: Error) => void; processMetrics?: boolean; cardProvider?: CardProvider },
): Promise<RunningWallet> {
  const cardProvider = options.cardProvider ?? (await createCardProvider(config))
  const host = createHost({ service: 'wallet', settings: config, ...options })
  const { pool, relay, logger } = host
  const events = createEvents(host.metrics.registry, logger)
  const movements = createMovementBatches({ pool, events })
  const charges = createCharges({ host, config, events, cardProvider })
  const ctx: WalletContext = { pool, relay, logger, events, movements, charges, config }
  addRoutes(host.http, ctx)
  addAdminRoutes(host.http, ctx)
  addServices(host, ctx)
  host.consume(consumedTopics, messageHandlers(ctx))
  host.every('tidy idempotency keys', TIDY_EVERY_MS, async () => {
    return (await tidyKeys(host.pool, config.IDEMPOTENCY_KEEP_HOURS)) >= TIDY_BATCH
  })
  watchCharges(host)
  if (charges.cardByDefault !== undefined) {
    logger.warn(
      { provider: cardProvider.name },
      'cards are simulated: nobody pays for the charges of wallets',
    )
  }
  const running = await host.listen()
  charges.worker.run()
  return { ...running, ctx }
}

function watchCharges(host: ServiceHost): void {
  watchValue(
    host.metrics.registry,
    {
      name: 'charges_open',
      help: 'Charges at work, those whose money is to be given back, and the age of the oldest of each; left_to_person: whether money was taken, or is back, has to be found out by hand',
      labelName: 'what',
    },
    async () => {
      const open = await countOpenCharges(host.pool)
      return [
        { label: 'charging', value: open.charging },
        { label: 'oldest_charging_seconds', value: open.oldestChargingSeconds },
        { label: 'giving_back', value: open.givingBack },
        { label: 'oldest_giving_back_seconds', value: open.oldestGivingBackSeconds },
        { label: 'left_to_person', value: open.leftToPerson },
      ]
    },
    (error) => host.logger.warn({ err: error }, 'the charges at work could not be counted'),
  )
}
