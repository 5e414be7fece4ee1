import type { ServiceHost } from '@frontrow/service-host/host'
import { breakCardCalls } from './break-card-calls.ts'
import type { CardProvider } from './card-provider.ts'
import type { CardSettings } from './card-settings.ts'
import { createSimulatedCardProvider } from './simulated-card-provider.ts'

/** Makes the provider that the settings name: Stripe where there is a STRIPE_SECRET_KEY, the simulator where not. */
export async function createCardProvider(settings: CardSettings): Promise<CardProvider> {
  if (settings.STRIPE_SECRET_KEY === undefined) {
    return createSimulatedCardProvider({ lateMs: settings.CARD_SIMULATOR_LATE_MS })
  }
  // Loaded here because Stripe's package takes 35 MB and 0.3 s, which a service without a key does not pay.
  const { createStripeCardProvider } = await import('./stripe-card-provider.ts')
  return createStripeCardProvider({
    secretKey: settings.STRIPE_SECRET_KEY,
    apiUrl: settings.STRIPE_API_URL,
    currency: settings.STRIPE_CURRENCY,
  })
}

/** Puts a breaker before the provider, which the service's metrics show and its stop shuts down. */
export function guardCardProvider(host: ServiceHost, provider: CardProvider): CardProvider {
  const target = { target: `card provider ${provider.name}` }
  host.metrics.breakerState.set(target, 0)
  const broken = breakCardCalls(provider, (state) => {
    host.metrics.breakerState.set(target, state === 'closed' ? 0 : 1)
    host.logger.warn({ provider: provider.name, state }, "the card provider's breaker changed")
  })
  host.lifecycle.add('card breaker', () => broken.shutdown())
  return broken
}
