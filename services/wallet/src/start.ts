import { tidyKeys } from '@frontrow/idempotency/idempotency-key'
import { createHost } from '@frontrow/service-host/host'
import type { Ports } from '@frontrow/service-host/host'
import type { Lifecycle } from '@frontrow/service-host/lifecycle'
import type { WalletConfig } from './config.ts'
import type { WalletContext } from './context.ts'
import { createEvents } from './events.ts'
import { addServices } from './grpc.ts'
import { addRoutes } from './http.ts'
import { listensTo, messageHandlers } from './messages.ts'

/** A wallet service that runs. */
export interface RunningWallet {
  ports: Ports
  ctx: WalletContext
  lifecycle: Lifecycle
  stop(): Promise<void>
}

const TIDY_EVERY_MS = 600_000
const TIDY_BATCH = 5_000

/** Starts the service; when it fails half-way, what had started is stopped. */
export async function startWallet(
  config: WalletConfig,
  options: { onFatal: (error: Error) => void; processMetrics?: boolean },
): Promise<RunningWallet> {
  const host = createHost({ service: 'wallet', settings: config, ...options })
  const ctx: WalletContext = {
    pool: host.pool,
    relay: host.relay,
    logger: host.logger,
    events: createEvents(host.metrics.registry, host.logger),
    config,
  }
  addRoutes(host.http, ctx)
  addServices(host, ctx)
  host.consume(listensTo, messageHandlers(ctx), config.KAFKA_CONCURRENCY)
  host.every('tidy idempotency keys', TIDY_EVERY_MS, async () => {
    return (await tidyKeys(host.pool, config.IDEMPOTENCY_KEEP_HOURS)) >= TIDY_BATCH
  })
  try {
    const ports = await host.listen()
    return { ports, ctx, lifecycle: host.lifecycle, stop: () => host.lifecycle.stop() }
  } catch (error) {
    await host.lifecycle.stop()
    throw error
  }
}
