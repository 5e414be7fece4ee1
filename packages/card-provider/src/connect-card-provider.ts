import type { ServiceHost } from '@frontrow/service-host/host'
import { breakCardCalls } from './break-card-calls.ts'
import type { GuardedCalls } from './break-card-calls.ts'
import type { CardProvider, InteractiveCardProvider } from './card-provider.ts'
import type { CardSettings, StripePageSettings } from './card-settings.ts'
import { createSimulatedCardProvider } from './simulated-card-provider.ts'

/** Makes the provider that the settings name: Stripe where there is a STRIPE_SECRET_KEY, the simulator where not. */
export async function createCardProvider(
  settings: CardSettings & Partial<StripePageSettings>,
): Promise<InteractiveCardProvider> {
  if (settings.STRIPE_SECRET_KEY === undefined) {
    return createSimulatedCardProvider({
      lateMs: settings.CARD_SIMULATOR_LATE_MS,
      actionMs: settings.CARD_SIMULATOR_ACTION_MS,
    })
  }
  // Loaded here because Stripe's package takes 35 MB and 0.3 s, which a service without a key does not pay.
  const { createStripeCardProvider } = await import('./stripe-card-provider.ts')
  return createStripeCardProvider({
    secretKey: settings.STRIPE_SECRET_KEY,
    apiUrl: settings.STRIPE_API_URL,
    currency: settings.STRIPE_CURRENCY,
    returnUrl: settings.STRIPE_RETURN_URL,
    webhookSecret: settings.STRIPE_WEBHOOK_SECRET,
  })
}

/** Puts breakers before the provider, which the service's metrics show and its stop shuts down. */
export function guardCardProvider<P extends CardProvider>(host: ServiceHost, provider: P): P {
  const { breakerState } = host.metrics
  const targetOf = (calls: GuardedCalls) => ({ target: `card provider ${provider.name}: ${calls}` })
  breakerState.set(targetOf('captures'), 0)
  breakerState.set(targetOf('refunds'), 0)
  const broken = breakCardCalls(provider, (state, calls) => {
    breakerState.set(targetOf(calls), state === 'closed' ? 0 : 1)
    host.logger.warn({ provider: provider.name, calls, state }, "the card provider's breaker changed")
  })
  host.lifecycle.add('card breaker', () => broken.shutdown())
  return broken
}
