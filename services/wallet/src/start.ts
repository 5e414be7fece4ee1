import { tidyKeys } from '@frontrow/idempotency/idempotency-key'
import { createHost } from '@frontrow/service-host/host'
import type { RunningService } from '@frontrow/service-host/host'
import { addAdminRoutes } from './admin-http.ts'
import type { WalletConfig } from './config.ts'
import type { WalletContext } from './context.ts'
import { createEvents } from './events.ts'
import { addServices } from './grpc.ts'
import { addRoutes } from './http.ts'
import { consumedTopics, messageHandlers } from './messages.ts'
import { createMovementBatches } from './request-movements.ts'

/** A wallet service that runs. */
export interface RunningWallet extends RunningService {
  ctx: WalletContext
}

const TIDY_EVERY_MS = 600_000
const TIDY_BATCH = 5_000

/** Starts the service. */
export async function startWallet(
  config: WalletConfig,
  options: { onFatal: (error: Error) => void; processMetrics?: boolean },
): Promise<RunningWallet> {
  const host = createHost({ service: 'wallet', settings: config, ...options })
  const { pool, relay, logger } = host
  const events = createEvents(host.metrics.registry, logger)
  const movements = createMovementBatches({ pool, events })
  const ctx: WalletContext = { pool, relay, logger, events, movements, config }
  addRoutes(host.http, ctx)
  addAdminRoutes(host.http, ctx)
  addServices(host, ctx)
  host.consume(consumedTopics, messageHandlers(ctx))
  host.every('tidy idempotency keys', TIDY_EVERY_MS, async () => {
    return (await tidyKeys(host.pool, config.IDEMPOTENCY_KEEP_HOURS)) >= TIDY_BATCH
  })
  return { ...(await host.listen()), ctx }
}
